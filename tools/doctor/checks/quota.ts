import { type AcceptClass, acceptHeader } from "../../../src/protocol/media-type.ts";
import type { Check } from "../check.ts";
import { ok, warning } from "../finding.ts";
import type { Visit } from "../visit.ts";

/** What Docker Hub lets an address pull without an account, in 6 hours. */
const ANONYMOUS_PULLS = 100;
const LOW_SHARE = 0.1;
/** Asked for seldom, so that the answer is seldom cached; a HEAD costs no pull. */
const UNUSUAL = ["dm+oi", "dl+om", "dm+om"] as AcceptClass[];

/** Whether an account is configured, as far as its quota tells, and how much of that is left. */
export const quota: Check = {
  name: "quota",
  async run(visit) {
    const told = await quotaOf(visit);
    if (told === null) {
      return ok(
        "none told: an account without a limit, an upstream without a quota, or all of it from the cache",
      );
    }
    const { limit, remaining, hours } = told;
    const seen = `${remaining} of ${limit} pulls left in ${hours} h`;
    if (limit <= ANONYMOUS_PULLS) {
      return warning(
        `${seen}: the quota of a client without an account, on an address that Workers share`,
        "give the mirror an account: npx wrangler secret put UPSTREAM_USERNAME, then UPSTREAM_PASSWORD with an access token, Public Repo Read-only",
      );
    }
    if (remaining > limit * LOW_SHARE) return ok(seen);
    return warning(
      seen,
      "new images will soon answer 429, known ones will not: wait, or use an account with a higher limit",
    );
  },
};

interface Quota {
  readonly limit: number;
  readonly remaining: number;
  readonly hours: number;
}

async function quotaOf({ ask, image, tag }: Visit): Promise<Quota | null> {
  const first = readQuota((await tag()).headers);
  if (first !== null) return first;
  for (const accepted of UNUSUAL) {
    const path = `/v2/${image.name}/manifests/${image.reference}`;
    const headers = { accept: acceptHeader(accepted) };
    const quota = readQuota((await ask(path, { method: "HEAD", headers })).headers);
    if (quota !== null) return quota;
  }
  return null;
}

/** `100;w=21600`: so many in so many seconds. */
function readQuota(headers: Headers): Quota | null {
  const [, limit, seconds] =
    /^(\d+)(?:;w=(\d+))?$/.exec(headers.get("ratelimit-limit") ?? "") ?? [];
  const [, remaining] = /^(\d+)/.exec(headers.get("ratelimit-remaining") ?? "") ?? [];
  if (limit === undefined || remaining === undefined) return null;
  const hours = Number(seconds ?? 21_600) / 3600;
  return { limit: Number(limit), remaining: Number(remaining), hours };
}
