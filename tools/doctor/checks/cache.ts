import { randomBytes } from "node:crypto";
import { readableMs } from "../../readable.ts";
import { type Check, failure, ok, UnexpectedReply, warning } from "../check.ts";
import { diagnoseReply, remedyFor } from "../diagnosis/reply.ts";
import type { Reply } from "../http/client.ts";
import { isHit, type Session } from "../session.ts";

/** Docker Hub's limit for an address without an account, in 6 hours. */
const ANONYMOUS_PULLS = 100;
const LOW_SHARE = 0.1;
/** Followed by random digits: no registry has it, and no cache knows it. */
const UNKNOWN_TAG = "sampan-doctor";
const OTHER_TAGS_REMEDY =
  "every tag is answered, also one that cannot exist: something in front of the mirror answers in its place";
/** Rarely requested, so the answer is rarely cached. */
const RARE_ACCEPTS = [
  "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json",
];
/** The cache is written after the response, and the next request may reach another isolate. */
const CACHE_ATTEMPTS = 3;
const CACHE_PAUSE_MS = 700;

/** The pull quota: whether the mirror has an account, and how much is left. */
export const quota: Check = {
  name: "quota",
  async run(session) {
    const found = await findQuota(session);
    if (found === null) {
      return ok(
        "not reported: an account without a limit, an upstream without a quota, or everything from the cache",
      );
    }
    const { limit, remaining, hours } = found;
    const evidence = `${remaining} of ${limit} pulls left in ${hours} h`;
    if (limit <= ANONYMOUS_PULLS) {
      return warning(
        `${evidence}: the quota without an account, for an address that many Workers share`,
        "configure an account: npx wrangler secret put UPSTREAM_USERNAME, then UPSTREAM_PASSWORD with an access token (Public Repo Read-only)",
      );
    }
    if (remaining > limit * LOW_SHARE) return ok(evidence);
    return warning(
      evidence,
      "images that are not cached will soon fail with 429: wait, or use an account with a higher limit",
    );
  },
};

/**
 * The upstream answers. What is cached hides an outage, so this asks for a tag that cannot be: its
 * HEAD costs no pull. An old answer for the image tells of a failure a moment ago.
 */
export const upstream: Check = {
  name: "upstream",
  async run({ head, tag, target }) {
    const { headers } = await tag();
    const unknown = await head(`${UNKNOWN_TAG}-${randomBytes(4).toString("hex")}`);
    if (unknown.status !== 404) {
      const { evidence, remedy } = diagnoseReply(unknown, target);
      return failure(
        `cached images are served, others fail: ${evidence}`,
        unknown.status < 400 ? OTHER_TAGS_REMEDY : remedy,
      );
    }
    const isStale = /detail=stale\b/.test(headers.get("cache-status") ?? "");
    const header = headers.get("warning");
    const isFallback = /detail=fallback\b/.test(headers.get("cache-status") ?? "");
    if (isFallback)
      return ok(
        "404 for an unknown tag; the answer is current, but not from the first upstream; npm run logs names it",
      );
    if (!isStale && header === null) return ok("404 for an unknown tag; the answer is current");
    const reason = /^299 - "(.*)"$/.exec(header ?? "")?.[1] ?? header ?? "reason not reported";
    return warning(
      `an old answer, because the upstream failed: ${reason}`,
      remedyFor(
        /quota|too many requests/i.test(reason) ? "TOOMANYREQUESTS" : "UNAVAILABLE",
        reason,
      ),
    );
  },
};

/** No cache in front of the mirror keeps tags: they would never move. */
export const freshness: Check = {
  name: "freshness",
  async run({ tag }) {
    const { headers } = await tag();
    const edge = headers.get("cf-cache-status");
    const age = Number(headers.get("age") ?? 0);
    const control = headers.get("cache-control") ?? "missing";
    if (edge === "HIT" || age > 0) {
      const edgeText = edge === null ? "" : `CF-Cache-Status: ${edge}, `;
      return failure(
        `a cache in front of the mirror answers (${edgeText}Age: ${age})`,
        "tags would never move: remove the Cache Rule or the caching proxy for this host; the mirror has its own caches",
      );
    }
    if (/\bno-cache\b/.test(control)) return ok("no cache in front of the mirror keeps tags");
    return failure(
      `Cache-Control of a tag is ${control}, not no-cache`,
      "something between the mirror and you changes it: check Cache Rules and Browser Cache TTL",
    );
  },
};

/** A repeated request is answered without the upstream. */
export const cache: Check = {
  name: "cache",
  async run(session) {
    const { digest } = await session.manifest();
    const byDigest = await untilHit(session, digest);
    const byTag = await untilHit(session, session.image.reference);
    const status = ({ headers }: Reply) => headers.get("cache-status") ?? "missing";
    if (!byTag.headers.has("cache-status")) {
      return failure(
        "Cache-Status is missing",
        "something between the mirror and you removes headers: check Rules → Transform Rules",
      );
    }
    if (!isHit(byDigest.headers)) {
      return warning(
        `the manifest is not cached: ${status(byDigest)}`,
        "each pull uses quota: bind a KV namespace as CACHE, or see `cache failed` in npm run logs; the free plan allows 1,000 KV writes a day, until midnight UTC",
      );
    }
    if (isHit(byTag.headers)) return ok(`a hit in ${readableMs(byTag.firstByteMs)}`);
    return warning(
      `the manifest is cached, but the tag is checked every time: ${status(byTag)}`,
      "that is TAG_TTL_SECONDS = 0; otherwise npm run logs shows `cache failed` with the reason",
    );
  },
};

interface Quota {
  readonly limit: number;
  readonly remaining: number;
  readonly hours: number;
}

/** HEAD requests, which cost no pull, until one reports the quota. */
async function findQuota({ head, image, tag }: Session): Promise<Quota | null> {
  const first = quotaIn(await tag());
  if (first !== null) return first;
  for (const accept of RARE_ACCEPTS) {
    const quota = quotaIn(await head(image.reference, { accept }));
    if (quota !== null) return quota;
  }
  return null;
}

/** `ratelimit-limit: 100;w=21600` is 100 in 21,600 seconds. */
function quotaIn({ headers }: Reply): Quota | null {
  const [, limit, seconds] =
    /^(\d+)(?:;w=(\d+))?$/.exec(headers.get("ratelimit-limit") ?? "") ?? [];
  const [, remaining] = /^(\d+)/.exec(headers.get("ratelimit-remaining") ?? "") ?? [];
  if (limit === undefined || remaining === undefined) return null;
  const hours = Number(seconds ?? 21_600) / 3600;
  return { limit: Number(limit), remaining: Number(remaining), hours };
}

async function untilHit({ head, pause }: Session, reference: string): Promise<Reply> {
  for (let attempt = 1; ; attempt += 1) {
    const reply = await head(reference);
    if (reply.status !== 200) throw new UnexpectedReply(reply);
    if (isHit(reply.headers) || attempt === CACHE_ATTEMPTS) return reply;
    await pause(CACHE_PAUSE_MS);
  }
}
