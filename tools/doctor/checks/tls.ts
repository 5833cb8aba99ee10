import { counted, readableMs } from "../../logs/amounts.ts";
import type { Check } from "../check.ts";
import { failure, ok, warning } from "../finding.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Cloudflare renews a month before the end. */
const SOON_DAYS = 7;

/** Encrypted, in the newest versions, and for a while yet. */
export const tls: Check = {
  name: "tls",
  async run({ connection, target, user, now }) {
    const { tls } = await connection();
    if (tls === null) {
      if (target.isLoopback) return ok("plain HTTP, on loopback");
      const remedy = `use https://${target.origin.hostname}: Docker takes plain HTTP from insecure-registries alone`;
      const isTelling = target.secret !== null || user !== null;
      const what = "plain HTTP: whoever is on the way can read and change everything";
      return isTelling ? failure(`${what}, the secret too`, remedy) : warning(what, remedy);
    }
    const days = Math.floor((tls.validTo.getTime() - now()) / DAY_MS);
    const version = tls.protocol === "h2" ? "HTTP/2" : "HTTP/1.1";
    const seen = `${tls.version}, ${version}, ${readableMs(tls.ms)}; certificate of ${tls.issuer}, ${counted(days, "day")} left`;
    if (days >= SOON_DAYS) return ok(seen);
    return warning(seen, "it should have been renewed: see SSL/TLS → Edge Certificates");
  },
};
