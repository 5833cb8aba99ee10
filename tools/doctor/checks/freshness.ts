import type { Check } from "../check.ts";
import { failure, ok } from "../finding.ts";

/** Nothing before the mirror keeps a tag, which would then never move. */
export const freshness: Check = {
  name: "freshness",
  async run({ tag }) {
    const { headers } = await tag();
    const edge = headers.get("cf-cache-status");
    const age = Number(headers.get("age") ?? 0);
    const control = headers.get("cache-control") ?? "";
    if (edge === "HIT" || age > 0) {
      return failure(
        `a cache before the mirror answers (${edge === null ? "" : `CF-Cache-Status: ${edge}, `}Age: ${age})`,
        "tags would stay as they are: take the Cache Rule or the caching proxy away from this host; the mirror has caches of its own",
      );
    }
    if (/\bno-cache\b/.test(control)) return ok("no cache before the mirror keeps tags");
    return failure(
      `Cache-Control of a tag is ${control || "missing"}, not no-cache`,
      "something between the mirror and you changes it: look for Cache Rules and Browser Cache TTL",
    );
  },
};
