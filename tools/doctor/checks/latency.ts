import { readableBytes, readableMs } from "../../logs/amounts.ts";
import type { Check } from "../check.ts";
import { ok, warning } from "../finding.ts";
import { ACCEPT_ALL } from "../samples.ts";

/** Past which a mirror is called slow. */
export interface Limits {
  /** To the first byte. */
  readonly firstByteMs: number;
  /** For a layer. */
  readonly bytesPerSecond: number;
}

export const LIMITS: Limits = { firstByteMs: 1500, bytesPerSecond: 256 * 1024 };
/** Less tells of the first byte, not of the line. */
const MIN_BYTES = 128 * 1024;

/** How long a client waits, on a connection that is open. */
export const latency: Check = {
  name: "latency",
  async run({ ask, image, layer, limits, tag }) {
    // How long a failure takes tells of the upstream.
    await tag();
    const ping = await ask("/v2/");
    const head = await ask(`/v2/${image.name}/manifests/${image.reference}`, {
      method: "HEAD",
      headers: ACCEPT_ALL,
    });
    const blob = await layer().catch(() => null);
    const size = blob?.bytes.byteLength ?? 0;
    const perSecond = blob === null || size < MIN_BYTES ? null : (size / blob.totalMs) * 1000;
    const speed = perSecond === null ? "" : `, a layer at ${readableBytes(perSecond)}/s`;
    const seen = `/v2/ ${readableMs(ping.firstByteMs)}, HEAD ${readableMs(head.firstByteMs)}${speed}`;
    const isSlow = Math.max(ping.firstByteMs, head.firstByteMs) > limits.firstByteMs;
    const isThin = perSecond !== null && perSecond < limits.bytesPerSecond;
    if (!isSlow && !isThin) return ok(seen);
    return warning(
      seen,
      "the way to Cloudflare is slow from here: try another network or a domain of your own; npm run logs tells how much of it is the upstream's",
    );
  },
};
