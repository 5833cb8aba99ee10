import { type Check, type Finding, failure, ok, warning } from "../doctor/check.ts";
import type { Reply } from "../doctor/http/client.ts";
import { once } from "../doctor/samples.ts";
import type { Session } from "../doctor/session.ts";
import { counted, readableBytes, readableMs } from "../readable.ts";
import { type Blobs, createBlobs } from "./layer.ts";
import { type Probes, type Pull, pull } from "./pull.ts";

/** Both pulls of an image, each made once, when a check first needs it. */
export interface Pulls {
  readonly first: () => Promise<Pull>;
  readonly second: () => Promise<Pull>;
  /** How many blobs the mirror had not stored a minute after the first pull. */
  readonly notKept: () => Promise<number>;
  /** Those that were made in full, in this order. */
  readonly made: readonly Pull[];
}

/** What is stored in R2 by default; docs/configuration.md, BLOB_MAX_BYTES. */
const MAX_KEPT_BYTES = 1024 ** 3;
/** Of an object in Cloudflare's edge cache. */
const MAX_EDGE_BYTES = 512 * 1000 * 1000;
/** The mirror stores a layer by a download of its own, for which it has 30 s after the client's. */
const KEPT_PAUSE_MS = 2500;
const KEPT_ATTEMPTS = 24;
const WHEN = ["first pull", "second pull"];
const RANGE_REMEDY =
  "a large layer never arrives over a bad connection: find a rule or proxy in front of the Worker that removes Range or answers from a cache";

/** @param open a session that has requested nothing yet. */
export function createPulls(open: () => Session): Pulls {
  const start = () => {
    const session = open();
    return { session, blobs: createBlobs(session) };
  };
  const made: Pull[] = [];
  const make = async () => {
    const { session, blobs } = start();
    const one = await pull(session, blobs);
    made.push(one);
    return one;
  };
  const first = once(make);
  const notKept = once(async () => {
    const { blobs: all } = await first();
    const { session, blobs } = start();
    return countNotKept(all, blobs, session);
  });
  const second = once(async () => {
    await notKept();
    return make();
  });
  return { first, notKept, second, made };
}

export function createPullChecks(pulls: Pulls): Check[] {
  return [
    { name: "first-pull", run: async () => ok(describePull(await pulls.first())) },
    { name: "kept", run: async () => checkKept(pulls) },
    { name: "second-pull", run: async () => checkSecond(await pulls.second()) },
  ];
}

/** HEAD, ranges and a resumed download of the largest layer, before and after it is stored. */
export function createLayerChecks({ first, second }: Pulls): Check[] {
  const both = async () => [await first(), await second()] as const;
  return [
    { name: "layer-head", run: async () => checkHeads(await both()) },
    {
      name: "layer-range",
      run: async () => checkRanges(await both(), ({ piece }) => piece, "206 in the middle"),
    },
    {
      name: "layer-resume",
      run: async () =>
        checkRanges(await both(), ({ resumed }) => resumed, "resumed, digest correct"),
    },
  ];
}

/**
 * A locked mirror answers nothing over plain http, so that no client sends a secret unencrypted. The
 * drill sends none either.
 *
 * @param fetchPlain GET of `/v2/` over plain http; null if nothing answers.
 */
export function createPlainHttpCheck(fetchPlain: () => Promise<Reply | null>): Check {
  return {
    name: "plain-http",
    async run(session) {
      if (session.target.origin.protocol === "http:") return null;
      const isOpen = session.target.secret === null && (await session.scheme()).kind === "open";
      const reply = await fetchPlain();
      if (reply === null) return ok("nothing answers over plain http");
      const { status, headers } = reply;
      const location = URL.parse(headers.get("location") ?? "");
      if (status >= 300 && status < 400 && location?.protocol === "https:") {
        return ok(`${status} to https`);
      }
      if (isOpen) return ok(`${status}; the mirror has no lock`);
      if (status === 404) return ok("404, as for any unknown path");
      return failure(
        `${status} for /v2/ over plain http, not 404`,
        status === 401
          ? "clients send their login unencrypted: turn on SSL/TLS → Edge Certificates → Always Use HTTPS"
          : "something in front of the Worker answers, or changes http to https: SSL/TLS → Edge Certificates → Always Use HTTPS",
      );
    },
  };
}

function describePull({ requests, bytes, totalMs, misses }: Pull): string {
  const text = `${counted(requests, "request")}, ${readableBytes(bytes)} in ${readableMs(totalMs)}; digests and lengths correct`;
  return misses.length === 0 ? `${text}; everything was cached before` : text;
}

async function checkKept({ first, notKept }: Pulls): Promise<Finding> {
  const missing = await notKept();
  const { largest, blobs } = await first();
  const size = readableBytes(largest.size);
  if (missing === 0)
    return ok(`all ${counted(blobs.length, "blob")} stored, the largest has ${size}`);
  return warning(
    `${missing} of ${counted(blobs.length, "blob")} not stored a minute later; the largest has ${size}`,
    keptRemedy(largest.size),
  );
}

function keptRemedy(bytes: number): string {
  if (bytes > MAX_KEPT_BYTES)
    return "larger than the default of BLOB_MAX_BYTES: see docs/caching.md";
  const reason = "npm run logs shows `backfill failed` with the reason";
  if (bytes > MAX_EDGE_BYTES)
    return `layers over 512 MB need the binding BLOBS (R2); with it, ${reason}`;
  return `BLOB_MAX_BYTES is lower, the image is not public, or the cache of the data centre does not keep it: ${reason}`;
}

function checkSecond(pull: Pull): Finding {
  const { misses, requests } = pull;
  if (misses.length === 0) return ok(`${describePull(pull).split(";")[0]}; every request a hit`);
  return warning(
    `${misses.length} of ${requests} requests were no hits: ${[...new Set(misses)].join(", ")}`,
    "each costs a request to the upstream: npm run logs shows `cache failed` or `backfill failed`; a tag is checked again after TAG_TTL_SECONDS",
  );
}

function checkHeads(both: readonly Pull[]): Finding {
  for (const [index, { probes, largest }] of both.entries()) {
    const { length } = probes.head;
    const { size } = largest;
    if (length === String(size)) continue;
    return failure(
      `Content-Length of the largest layer is ${length} for HEAD, not ${size} (${WHEN[index]})`,
      "clients that check a layer by HEAD pull it again or fail: find a rule or proxy in front of the Worker that changes headers",
    );
  }
  return ok("Content-Length correct in both pulls");
}

function checkRanges(
  both: readonly Pull[],
  select: (probes: Probes) => { readonly problem: string | null },
  good: string,
): Finding {
  for (const [index, { probes }] of both.entries()) {
    const { problem } = select(probes);
    if (problem !== null) return failure(`${problem} (${WHEN[index]})`, RANGE_REMEDY);
  }
  return ok(`${good}, in both pulls`);
}

/** Waits for at most a minute. */
async function countNotKept(all: Pull["blobs"], blobs: Blobs, { pause }: Session): Promise<number> {
  let rest = [...all];
  for (let attempt = 1; attempt <= KEPT_ATTEMPTS; attempt += 1) {
    const missing = [];
    for (const blob of rest) if (!(await blobs.isKept(blob))) missing.push(blob);
    rest = missing;
    if (rest.length === 0) return 0;
    if (attempt < KEPT_ATTEMPTS) await pause(KEPT_PAUSE_MS);
  }
  return rest.length;
}
