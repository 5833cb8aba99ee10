import type { Diagnosis } from "../finding.ts";
import type { Reply } from "../http/reply.ts";

const NOT_THE_WORKER =
  "the host leads to a server of its own, not to the Worker: take its A, AAAA or CNAME record away and make it a custom domain (routes in wrangler.toml, then npm run deploy)";
const SEE_LOGS =
  "npm run logs shows what was thrown; deploy the last version that worked (npx wrangler rollback)";
const RULE =
  "a rule of the zone refuses you: Security → Events names it; make an exception for this host";

/** What Cloudflare answers by itself, by its number. */
const ERRORS: Readonly<Record<number, Diagnosis>> = {
  1000: { what: "the DNS record leads into Cloudflare itself", remedy: NOT_THE_WORKER },
  1001: { what: "Cloudflare does not know the host name", remedy: NOT_THE_WORKER },
  1003: { what: "it was asked by address, not by name", remedy: "use the mirror's host name" },
  1006: { what: "your address is banned", remedy: RULE },
  1007: { what: "your address is banned", remedy: RULE },
  1008: { what: "your address is banned", remedy: RULE },
  1009: { what: "your country is banned", remedy: RULE },
  1010: {
    what: "the Browser Integrity Check refuses programs",
    remedy:
      "turn it off for this host (Configuration Rules): clients of a registry are no browsers",
  },
  1014: { what: "a CNAME leads into another account", remedy: NOT_THE_WORKER },
  1015: {
    what: "a rate limit of the zone is used up",
    remedy:
      "wait, and raise or remove it (Security → Security rules → Rate limiting): a pull is a dozen requests at once; the binding RATE_LIMIT counts pulls instead",
  },
  1016: { what: "the host leads nowhere", remedy: NOT_THE_WORKER },
  1018: {
    what: "Cloudflare does not know the host name yet",
    remedy: "wait some minutes after the first deploy; then check that the zone is active",
  },
  1019: {
    what: "the Worker calls itself",
    remedy: "UPSTREAM names the mirror's own host: set it to https://registry-1.docker.io",
  },
  1020: { what: "a firewall rule refuses you", remedy: RULE },
  1027: {
    what: "the free plan's 100,000 requests of today are used up",
    remedy:
      "it starts again at midnight UTC; lock the mirror if strangers use it (docs/access.md), or take the paid plan",
  },
  1042: {
    what: "no Worker answers at this name",
    remedy: "deploy it (npm run deploy), with workers_dev = true for a workers.dev address",
  },
  1101: { what: "the Worker threw an exception", remedy: SEE_LOGS },
  1102: {
    what: "the Worker exceeded its CPU time",
    remedy: `the free plan has 10 ms a request. ${SEE_LOGS}`,
  },
};

/** @returns what it means when Cloudflare answers in the Worker's place; null if it does not. */
export function diagnoseCloudflareError(reply: Reply, text: string): Diagnosis | null {
  const code = errorCode(reply, text);
  if (code === null) return null;
  const known = ERRORS[code];
  if (known !== undefined)
    return { what: `Cloudflare error ${code}: ${known.what}`, remedy: known.remedy };
  if (code >= 1100 && code < 1200) {
    return {
      what: `Cloudflare error ${code}: the Workers runtime failed`,
      remedy: `try again, see https://www.cloudflarestatus.com; ${SEE_LOGS}`,
    };
  }
  if (code >= 520 && code <= 530) {
    return {
      what: `Cloudflare error ${code}: it cannot reach a server behind this host`,
      remedy: NOT_THE_WORKER,
    };
  }
  return {
    what: `Cloudflare error ${code}`,
    remedy: `look it up at https://developers.cloudflare.com/support/troubleshooting/; ${RULE}`,
  };
}

/** Told in plain text, in a page, or as problem details (RFC 9457), by what was accepted. */
function errorCode({ status, headers }: Reply, text: string): number | null {
  const patterns = [
    /\berror code:\s*(\d{3,4})\b/i,
    /"error_code"\s*:\s*"?(\d{3,4})\b/,
    /class="cf-error-code"[^>]*>\s*(\d{3,4})\b/,
    /<title>[^<]*\b(?:Error|\|)\s*(\d{3,4})\b[^<]*<\/title>/i,
  ];
  const isCloudflare = headers.has("cf-ray") || /cloudflare/i.test(headers.get("server") ?? text);
  if (!isCloudflare && !patterns[0]?.test(text)) return null;
  for (const pattern of patterns) {
    const [, code] = pattern.exec(text) ?? [];
    if (code !== undefined) return Number(code);
  }
  return status >= 520 && status <= 530 ? status : null;
}
