import type { Mutant } from "../mutant.ts";

/** The upstream is asked in the wrong way, at the wrong place, or for too long. */
export const NETWORK_MUTANTS: readonly Mutant[] = [
  {
    name: "follows a sixth redirect",
    file: "upstream/ask.ts",
    from: "hops <= MAX_REDIRECTS;",
    to: "hops <= MAX_REDIRECTS + 1;",
    tests: ["handler/redirect"],
  },
  {
    name: "follows a redirect to http",
    file: "protocol/origin.ts",
    from: 'if (url.protocol !== "https:") return false;',
    to: "",
    tests: ["handler/redirect"],
  },
  {
    name: "follows a redirect to a private address",
    file: "protocol/origin.ts",
    from: "return url.host === upstream.host || isPublicName(url.hostname);",
    to: "return true;",
    tests: ["handler/redirect"],
  },
  {
    name: "leaves redirects to fetch",
    file: "upstream/http.ts",
    from: 'redirect: "manual",',
    to: 'redirect: "follow",',
    tests: ["handler/upstream-request"],
  },
  {
    name: "lets the upstream compress",
    file: "upstream/http.ts",
    from: '"accept-encoding": "identity", ',
    to: "",
    tests: ["handler/upstream-request"],
  },
  {
    name: "decodes a gzip layer",
    file: "upstream/http.ts",
    from: '...(request.isRaw ? { encodeResponseBody: "manual" } : {}),',
    to: "",
    tests: ["upstream/http"],
  },
  {
    name: "waits for the upstream for ever",
    file: "upstream/http.ts",
    from: "deps.startTimer(deps.timeoutMs, () => controller.abort())",
    to: "() => {}",
    tests: ["handler/timeout"],
  },
  {
    name: "does not try again on a broken connection",
    file: "upstream/http.ts",
    from: "const TRIES = 2;",
    to: "const TRIES = 1;",
    tests: ["handler/outage"],
  },
  {
    name: "goes on asking a host that hangs",
    file: "upstream/breaker.ts",
    from: "if (now < state.restsUntil) return false;",
    to: "",
    tests: ["handler/timeout"],
  },
  {
    name: "gives up on a signature that has expired",
    file: "upstream/ask-blob.ts",
    from: `  discard(reply.response);
  return ask(upstream, question);`,
    to: "  return reply;",
    tests: ["handler/blob"],
  },
  {
    name: "passes on that the storage denies access",
    file: "upstream/failure.ts",
    from: "if (!reply.isRegistry && status !== 404 && status < 500) return refusedByStorage(reply, label);",
    to: "",
    tests: ["handler/blob"],
  },
  {
    name: "takes a list that comes short for a whole one",
    file: "upstream/body.ts",
    from: "promised !== null && promised !== size",
    to: "promised !== null && promised < size",
    tests: ["upstream/body"],
  },
  {
    name: "makes one upstream request for each of many clients",
    file: "cache/flight.ts",
    from: "flights.set(key, own);",
    to: "",
    tests: ["handler/concurrency"],
  },
  {
    name: "waits for ever for the work of another request",
    file: "cache/flight.ts",
    from: "return Promise.race([done, tooLong]).finally(stopTimer);",
    to: "return done.finally(stopTimer);",
    tests: ["handler/concurrency"],
  },
];
