import type { Check } from "../check.ts";
import { ok, warning } from "../finding.ts";

/** The mirror's answer is its upstream's of today, not an old one that stands in. */
export const upstream: Check = {
  name: "upstream",
  async run({ tag }) {
    const { headers } = await tag();
    const status = headers.get("cache-status") ?? "";
    const [, detail] = /detail=(stale|quota)/.exec(status) ?? [];
    const told = headers.get("warning");
    if (detail === undefined && told === null) return ok("no old answer stands in");
    const why = /^299 - "(.*)"$/.exec(told ?? "")?.[1] ?? told ?? "the mirror does not say why";
    const isQuota = detail === "quota" || /quota|too many requests/i.test(why);
    return warning(
      `an old answer stands in: ${why}`,
      isQuota
        ? "the mirror saves its last pulls: give it an account, or one with a higher limit; new images have to wait"
        : "the upstream fails at present: see https://www.dockerstatus.com; new images have to wait",
    );
  },
};
