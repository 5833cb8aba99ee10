import { readableBytes } from "../../logs/amounts.ts";
import type { Check } from "../check.ts";
import { ok } from "../finding.ts";

/** The manifest's bytes are those of its digest. */
export const manifest: Check = {
  name: "manifest",
  async run({ manifest, tally }) {
    const { replies } = await manifest();
    const bytes = replies.reduce((sum, reply) => sum + reply.bytes.byteLength, 0);
    const right = replies.length === 1 ? "digest right" : "both digests right";
    const cost = tally.pulls === 0 ? "from the cache" : `${tally.pulls} off the quota`;
    return ok(`${right}, ${readableBytes(bytes)}, ${cost}`);
  },
};
