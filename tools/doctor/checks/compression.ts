import type { Check } from "../check.ts";
import { failure, ok } from "../finding.ts";

/** Nothing on the way compresses: clients compare lengths, and hash what they are sent. */
export const compression: Check = {
  name: "compression",
  async run({ config, layer, manifest }) {
    const replies = [...(await manifest()).replies, await config(), await layer()];
    for (const reply of replies) {
      if (reply === null) continue;
      const { headers, bytes, url } = reply;
      const coding = headers.get("content-encoding");
      const length = headers.get("content-length");
      const [, kind] = /\/(manifests|blobs)\//.exec(url.pathname) ?? [];
      if (coding === null && length === String(bytes.byteLength)) continue;
      return failure(
        coding === null
          ? `${kind} come with Content-Length ${length ?? "missing"}, and have ${bytes.byteLength} bytes`
          : `${kind} come compressed (${coding})`,
        "something between the mirror and you compresses: the mirror says no-transform, so look for a proxy that does not heed it, or a rule that takes Cache-Control away",
      );
    }
    return ok("none; lengths are exact");
  },
};
