import type { Check } from "../check.ts";
import { ok } from "../finding.ts";
import { Refused } from "../refused.ts";

/** The mirror follows the upstream's redirects by itself: a client may not reach where they lead. */
export const redirects: Check = {
  name: "redirects",
  async run({ config }) {
    try {
      await config();
    } catch (error) {
      if (!(error instanceof Refused) || error.reply.status < 300 || error.reply.status > 399) {
        return null;
      }
      throw error;
    }
    return ok("none handed out");
  },
};
