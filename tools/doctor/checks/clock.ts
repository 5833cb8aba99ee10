import type { Check } from "../check.ts";
import { ok, warning } from "../finding.ts";

/** Tokens and certificates are good for minutes, and for days. */
const MAX_SKEW_SECONDS = 60;

/** This machine and Cloudflare have the same time. */
export const clock: Check = {
  name: "clock",
  async run({ login, now }) {
    const asked = now();
    const { headers } = await login.ping();
    const told = Date.parse(headers.get("date") ?? "");
    if (Number.isNaN(told)) return null;
    const seconds = Math.round((told - asked) / 1000);
    if (Math.abs(seconds) <= MAX_SKEW_SECONDS)
      return ok(`within ${MAX_SKEW_SECONDS} s of the mirror's`);
    const side = seconds > 0 ? "behind" : "ahead of";
    return warning(
      `this machine's clock is ${Math.abs(seconds)} s ${side} the mirror's`,
      "set it (timedatectl set-ntp true): certificates and tokens fail by it",
    );
  },
};
