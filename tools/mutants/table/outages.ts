import type { Mutant } from "../mutant.ts";

/** The upstream refuses or fails, and clients suffer more, or learn less, than they must. */
export const OUTAGE_MUTANTS: readonly Mutant[] = [
  {
    name: "answers 401 in open mode",
    file: "upstream/failure.ts",
    from: 'if (status === 401) return new RegistryError("NAME_UNKNOWN"',
    to: 'if (status === 401) return new RegistryError("UNAUTHORIZED"',
    tests: ["handler/unknown"],
  },
  {
    name: "passes an outage on although the tag is known",
    file: "mirror/resolve.ts",
    from: "if (!pointers.canStandIn(last)) throw error;",
    to: "if (pointers.canStandIn(last)) throw error;",
    tests: ["handler/outage"],
  },
  {
    name: "answers with an old tag where access is denied",
    file: "mirror/resolve.ts",
    from: "if (!isPassing(error)) throw error;\n    const last",
    to: "if (!(error instanceof Error)) throw error;\n    const last",
    tests: ["handler/unknown"],
  },
  {
    name: "waits for the text of a 429 as for an answer",
    file: "upstream/failure.ts",
    from: "MAX_EXPLANATION_BYTES, MAX_EXPLANATION_MS)",
    to: "MAX_EXPLANATION_BYTES, 10 * MAX_EXPLANATION_MS)",
    tests: ["upstream/failure"],
  },
  {
    name: "does not say that an answer is old",
    file: "mirror/respond-manifest.ts",
    from: "if (answer.warning !== null) headers",
    to: 'if (answer.warning === "") headers',
    tests: ["handler/outage"],
  },
  {
    name: "fails where a tag has moved to what cannot be had",
    file: "mirror/manifest.ts",
    from: "return sendPrevious(context, image, resolution, error);",
    to: "throw error;",
    tests: ["handler/moved"],
  },
  {
    name: "tells of a new digest that no quota is left for",
    file: "mirror/resolve.ts",
    from: "isUsedUp(upstream.quota, now()) ? affordable(context, image, resolution) : resolution",
    to: "resolution",
    tests: ["handler/quota"],
  },
  {
    name: "asks for every tag while few pulls are left",
    file: "mirror/resolve.ts",
    from: "return isLow(upstream.quota, now()) && pointers.isRecent(pointer);",
    to: "return false;",
    tests: ["handler/quota"],
  },
  {
    name: "believes in a quota whose window is over",
    file: "upstream/quota.ts",
    from: "now < seen.until && seen.remaining < ",
    to: "seen.remaining < ",
    tests: ["handler/quota"],
  },
  {
    name: "takes the quota of another registry for the upstream's",
    file: "upstream/ask.ts",
    from: "if (url.origin === upstream.url.origin) noteQuota",
    to: "noteQuota",
    tests: ["upstream/ask"],
  },
  {
    name: "passes on any Retry-After",
    file: "protocol/retry-after.ts",
    from: "Math.min(Math.max(seconds, MIN_SECONDS), MAX_SECONDS)",
    to: "Math.max(seconds, MIN_SECONDS)",
    tests: ["handler/rate-limit"],
  },
  {
    name: "asks again at each retry after 429",
    file: "cache/refusal.ts",
    from: 'code === "TOOMANYREQUESTS" ? (retryAfterSeconds ?? 0) : 0',
    to: 'code === "TOOMANYREQUESTS" ? 0 : 0',
    tests: ["handler/rate-limit"],
  },
  {
    name: "takes a token service's 429 for an outage",
    file: "upstream/token.ts",
    from: "if (status === 429) return rateLimited(upstream, response, url, label);",
    to: "",
    tests: ["handler/rate-limit"],
  },
  {
    name: "passes on the upstream's own words",
    file: "upstream/failure.ts",
    from: 'const what = isQuota ? "the pull quota is used up" : "too many requests";',
    to: "const what = isQuota ? new TextDecoder().decode(bytes ?? undefined) : response.statusText;",
    tests: ["handler/rate-limit"],
  },
  {
    name: "lets an error be cached",
    file: "mirror/respond.ts",
    from: '"cache-control": SECRET,',
    to: '"cache-control": REVALIDATE,',
    tests: ["handler/unknown"],
  },
  {
    name: "lets the upstream's headers through, Set-Cookie among them",
    file: "handle.ts",
    from: `known.lobby = wire(outside, env, known.config, host);
  return serve(known.lobby, request, from, entry);`,
    to: `const crossing = new Headers();
  const fetch: typeof outside.fetch = async (input, init) => {
    const response = await outside.fetch(input, init);
    for (const [name, value] of response.headers) crossing.set(name, value);
    return response;
  };
  known.lobby = wire({ ...outside, fetch }, env, known.config, host);
  const response = await serve(known.lobby, request, from, entry);
  for (const name of ["set-cookie", "server", "x-amz-request-id"]) {
    const value = crossing.get(name);
    if (value !== null) response.headers.set(name, value);
  }
  return response;`,
    tests: ["handler/upstream-request"],
  },
  {
    name: "asks for referrers again at each retry after 429",
    file: "mirror/referrers.ts",
    from: `refusals.guardLimit(referrersKey(space, image.name, digest), () =>
    listReferrers(upstream, question, forwardedQuery(query)),
  );`,
    to: "listReferrers(upstream, question, forwardedQuery(query));",
    tests: ["handler/rate-limit"],
  },
];
