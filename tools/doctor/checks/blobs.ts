import { readableBytes, readableMs } from "../../readable.ts";
import { type Check, failure, ok, UnexpectedReply } from "../check.ts";
import { contentOf, type Reply } from "../http/client.ts";

/** The mirror follows the upstream's redirects itself: clients may not reach their targets. */
export const redirects: Check = {
  name: "redirects",
  async run({ config }) {
    try {
      await config();
    } catch (error) {
      const status = error instanceof UnexpectedReply ? error.reply.status : 0;
      if (status >= 300 && status < 400) throw error;
      // The next check reports it.
      return null;
    }
    return ok("none reach the client");
  },
};

/** The config and a layer arrive complete and match their digests. */
export const blobs: Check = {
  name: "blobs",
  async run({ config, layer, manifest }) {
    const replies = [await config()];
    const small = await layer();
    if (small !== null) replies.push(small);
    const amounts = replies
      .map(({ bytes, totalMs }) => `${readableBytes(bytes.byteLength)} in ${readableMs(totalMs)}`)
      .join(", ");
    if (small !== null) return ok(`digests of the config and a layer correct; ${amounts}`);
    const size = (await manifest()).layer?.size;
    const reason =
      size === undefined
        ? "no layer"
        : `the smallest layer, ${readableBytes(size)}, is too large to read`;
    return ok(`digest of the config correct; ${amounts}; ${reason}`);
  },
};

/** Nothing on the way compresses: clients compare lengths, and hash what they receive. */
export const compression: Check = {
  name: "compression",
  async run({ config, layer, manifest }) {
    const replies = [...(await manifest()).replies, await config(), await layer()];
    for (const reply of replies) {
      if (reply === null) continue;
      const { headers, bytes, url } = reply;
      const coding = headers.get("content-encoding");
      const length = headers.get("content-length");
      if (coding === null && length === String(bytes.byteLength)) continue;
      const [, kind] = /\/(manifests|blobs)\//.exec(url.pathname) ?? [];
      return failure(
        coding === null
          ? `Content-Length of ${kind} is ${length ?? "missing"} for ${bytes.byteLength} bytes`
          : `${kind} arrive compressed (${coding})`,
        "something between the mirror and you compresses: the mirror sends no-transform, so find a proxy that ignores it, or a rule that removes Cache-Control",
      );
    }
    return ok("none; lengths are exact");
  },
};

/** An interrupted download can be resumed. */
export const range: Check = {
  name: "range",
  async run({ request, config, layer }) {
    const whole = (await layer()) ?? (await config());
    const { pathname } = whole.url;
    const path = pathname.slice(pathname.indexOf("/v2/"));
    const content = contentOf(whole);
    const total = content.byteLength;
    const middle = Math.floor(total / 2);
    const get = (range: string) =>
      request(path, { headers: { range: `bytes=${range}` }, maxBytes: total });
    const rest = await get(`${middle}-`);
    const piece = await get("1-4");
    const beyond = await get(`${total}-`);
    const problem =
      problemOf(rest, content.subarray(middle), `bytes ${middle}-${total - 1}/${total}`) ??
      problemOf(piece, content.subarray(1, 5), `bytes 1-4/${total}`) ??
      (beyond.status === 416 ? null : `${beyond.status} for a range beyond the end, not 416`);
    if (problem === null) return ok("206 with the right bytes, 416 beyond the end");
    return failure(
      problem,
      "an interrupted layer starts again from the beginning, and a large one never arrives: find a proxy between you and the mirror that removes Range",
    );
  },
};

function problemOf(reply: Reply, expected: Uint8Array, contentRange: string): string | null {
  if (reply.status !== 206) return `${reply.status} for a range, not 206`;
  const actual = reply.headers.get("content-range") ?? "missing";
  if (actual !== contentRange) return `Content-Range is ${actual}, not ${contentRange}`;
  const isEqual = Buffer.compare(reply.bytes, expected) === 0;
  return isEqual ? null : "a range has other bytes than the blob";
}
