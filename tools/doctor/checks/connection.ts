import { brandIn } from "../../brands.ts";
import { counted, readableBytes, readableMs } from "../../readable.ts";
import { type Check, failure, ok, warning } from "../check.ts";
import { ACCEPT_ALL } from "../samples.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Cloudflare renews a certificate a month before its end. */
const MIN_CERTIFICATE_DAYS = 7;
/** Tokens are valid for minutes. */
const MAX_CLOCK_SKEW_SECONDS = 60;
/** A smaller layer measures the first byte, not the throughput. */
const MIN_MEASURED_BYTES = 128 * 1024;

/** The host name does not imitate a brand: such hosts are reported as phishing, then blocked. */
export const hostName: Check = {
  name: "host-name",
  async run({ target }) {
    const { hostname } = target.origin;
    const brand = brandIn(hostname);
    if (brand !== null) {
      return warning(
        `${hostname} contains "${brand}"`,
        "such hosts are reported as phishing and then blocked: use a name without a brand",
      );
    }
    const isWorkersDev = hostname.endsWith(".workers.dev");
    return ok(
      isWorkersDev
        ? `${hostname}; some networks block workers.dev, but not your own domain`
        : hostname,
    );
  },
};

/** The name resolves, and a server accepts connections. */
export const connection: Check = {
  name: "connection",
  isGate: true,
  async run({ client }) {
    const { address, addresses, dnsMs, tcpMs } = await client.connection();
    const others = addresses.length > 1 ? ` (of ${addresses.length})` : "";
    return ok(`${address}${others}; DNS ${readableMs(dnsMs)}, TCP ${readableMs(tcpMs)}`);
  },
};

/**
 * The connection is encrypted, and the certificate does not expire soon. After a failure no secret is
 * sent.
 */
export const tls: Check = {
  name: "tls",
  isGate: true,
  async run({ client, target, user, now }) {
    const { tls } = await client.connection();
    if (tls === null) {
      if (target.isLoopback) return ok("plain HTTP on loopback");
      const remedy = `use https://${target.origin.hostname}: Docker requires insecure-registries for plain HTTP`;
      const evidence = "plain HTTP: anyone on the network path can read and change all traffic";
      const hasSecret = target.secret !== null || user !== null;
      return hasSecret
        ? failure(`${evidence}, so the secret was not sent`, remedy)
        : warning(evidence, remedy);
    }
    const days = Math.floor((tls.validTo.getTime() - now()) / DAY_MS);
    const version = tls.protocol === "h2" ? "HTTP/2" : "HTTP/1.1";
    const evidence = `${tls.version}, ${version}, ${readableMs(tls.ms)}; certificate from ${tls.issuer}, ${counted(days, "day")} left`;
    if (days >= MIN_CERTIFICATE_DAYS) return ok(evidence);
    return warning(evidence, "it should have been renewed: see SSL/TLS → Edge Certificates");
  },
};

/** This machine and the mirror agree on the time. */
export const clock: Check = {
  name: "clock",
  async run({ ping }) {
    const { headers, sentAt } = await ping();
    const date = Date.parse(headers.get("date") ?? "");
    if (Number.isNaN(date)) return null;
    const seconds = Math.round((date - sentAt) / 1000);
    if (Math.abs(seconds) <= MAX_CLOCK_SKEW_SECONDS) {
      return ok(`at most ${MAX_CLOCK_SKEW_SECONDS} s from the mirror's`);
    }
    const side = seconds > 0 ? "behind" : "ahead of";
    return warning(
      `this machine's clock is ${Math.abs(seconds)} s ${side} the mirror's`,
      "set it (timedatectl set-ntp true): certificates and tokens depend on it",
    );
  },
};

/** The waiting time of a client with an open connection. */
export const latency: Check = {
  name: "latency",
  async run({ request, image, layer, limits, tag }) {
    // If the tag fails, its latency is the upstream's.
    await tag();
    const ping = await request("/v2/");
    const head = await request(`/v2/${image.name}/manifests/${image.reference}`, {
      method: "HEAD",
      headers: ACCEPT_ALL,
    });
    const blob = await layer().catch(() => null);
    const size = blob?.bytes.byteLength ?? 0;
    const speed = blob === null || size < MIN_MEASURED_BYTES ? null : (size / blob.totalMs) * 1000;
    const layerText = speed === null ? "" : `, a layer at ${readableBytes(speed)}/s`;
    const evidence = `/v2/ ${readableMs(ping.firstByteMs)}, HEAD ${readableMs(head.firstByteMs)}${layerText}`;
    const isSlow =
      ping.firstByteMs > limits.firstByteMs ||
      head.firstByteMs > limits.firstByteMs ||
      (speed !== null && speed < limits.bytesPerSecond);
    if (!isSlow) return ok(evidence);
    return warning(
      evidence,
      "the connection to Cloudflare is slow from here: try another network, or a domain of your own; npm run logs shows the share of the upstream",
    );
  },
};
