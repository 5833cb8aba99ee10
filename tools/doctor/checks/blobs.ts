import { readableBytes, readableMs } from "../../logs/amounts.ts";
import type { Check } from "../check.ts";
import { ok } from "../finding.ts";
import type { Reply } from "../http/reply.ts";

/** The config and a layer arrive whole, with the bytes of their digests. */
export const blobs: Check = {
  name: "blobs",
  async run({ config, layer, manifest }) {
    const read = [await config()];
    const small = await layer();
    if (small !== null) read.push(small);
    const amounts = read.map(amountOf).join(", ");
    if (small !== null) return ok(`digests of the config and a layer right; ${amounts}`);
    const size = (await manifest()).layer?.size;
    const why = size === undefined ? "no layer" : `${readableBytes(size)}, too much to read here`;
    return ok(`the config's digest right; ${amounts}; the smallest layer: ${why}`);
  },
};

function amountOf({ bytes, totalMs }: Reply): string {
  return `${readableBytes(bytes.byteLength)} in ${readableMs(totalMs)}`;
}
