import type { Diagnosis } from "../check.ts";
import type { Reply } from "../http/client.ts";

interface Page extends Diagnosis {
  matches(reply: Reply, text: string): boolean;
}

/** Pages of Cloudflare in place of the mirror; the specific before the general. */
const PAGES: readonly Page[] = [
  {
    evidence: "Cloudflare's phishing warning",
    remedy:
      "the host was reported: request a review (dashboard → Security Center → Abuse, or Cloudflare's mail), and move to a locked host without a brand in its name (docs/access.md)",
    matches: (_, text) => /suspected phishing|reported for potential phishing/i.test(text),
  },
  {
    evidence: "the login page of Cloudflare Access",
    remedy:
      "container clients cannot log in there: add a Bypass policy for this host, and lock the mirror itself (docs/access.md)",
    matches: ({ headers }, text) =>
      /cloudflareaccess\.com|\/cdn-cgi\/access\//.test(`${headers.get("location")} ${text}`) ||
      /cloudflare-access/i.test(headers.get("www-authenticate") ?? ""),
  },
  {
    evidence: "Cloudflare's challenge for browsers",
    remedy:
      "container clients cannot solve it: disable Bot Fight Mode, Under Attack mode and challenge rules for this host (Security → Events shows which one it was)",
    matches: ({ headers }, text) =>
      headers.get("cf-mitigated") === "challenge" ||
      /<title>just a moment|challenge-platform|cf-chl-/i.test(text),
  },
  {
    evidence: "Cloudflare's firewall blocks the request",
    remedy: "Security → Events names the rule: add an exception for this host",
    matches: (_, text) => /you have been blocked|attention required! \| cloudflare/i.test(text),
  },
  {
    evidence: "nothing is deployed at this workers.dev address",
    remedy: "npm run deploy, without workers_dev = false in mirror.toml; it prints the address",
    matches: ({ url }, text) =>
      url.hostname.endsWith(".workers.dev") && /nothing (?:is )?here yet/i.test(text),
  },
];

const NOT_THE_WORKER =
  "the host resolves to another server, not to the Worker: remove its A, AAAA or CNAME record and make it a custom domain (npm run setup, or Settings → Domains & Routes in the dashboard)";
const SEE_LOGS =
  "npm run logs shows the exception; redeploy the last working version (npx wrangler rollback)";
const RULE = "a rule of the zone: Security → Events names it; add an exception for this host";

/** https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/ */
const ERRORS: Readonly<Record<number, Diagnosis>> = {
  1000: { evidence: "the DNS record points to Cloudflare itself", remedy: NOT_THE_WORKER },
  1001: { evidence: "Cloudflare does not know the host name", remedy: NOT_THE_WORKER },
  1003: { evidence: "a request by IP address", remedy: "use the mirror's host name" },
  1006: { evidence: "your address is banned", remedy: RULE },
  1007: { evidence: "your address is banned", remedy: RULE },
  1008: { evidence: "your address is banned", remedy: RULE },
  1009: { evidence: "your country is banned", remedy: RULE },
  1010: {
    evidence: "the Browser Integrity Check blocks programs",
    remedy: "disable it for this host (Configuration Rules): container clients are not browsers",
  },
  1014: { evidence: "a CNAME into another account", remedy: NOT_THE_WORKER },
  1015: {
    evidence: "a rate limit of the zone is exceeded",
    remedy:
      "wait, then raise or remove it (Security → Security rules → Rate limiting): a pull is a dozen requests at once; the binding RATE_LIMIT counts pulls instead",
  },
  1016: { evidence: "the host has no origin", remedy: NOT_THE_WORKER },
  1018: {
    evidence: "Cloudflare does not know the host name yet",
    remedy: "wait some minutes after the first deploy, then check that the zone is active",
  },
  1019: {
    evidence: "the Worker requests itself",
    remedy: "UPSTREAM is the mirror's own host: set it to https://registry-1.docker.io",
  },
  1020: { evidence: "a firewall rule blocks the request", remedy: RULE },
  1027: {
    evidence: "the free plan's 100,000 requests per day are used up",
    remedy:
      "the count restarts at midnight UTC; lock the mirror if strangers use it (docs/access.md), or use the paid plan",
  },
  1042: {
    evidence: "no Worker at this name",
    remedy: "npm run deploy, with workers_dev = true for a workers.dev address",
  },
  1101: { evidence: "the Worker threw an exception", remedy: SEE_LOGS },
  1102: {
    evidence: "the Worker exceeded its CPU time",
    remedy: `the free plan has 10 ms per request. ${SEE_LOGS}`,
  },
};

/** Plain text, problem details (RFC 9457) or a page, depending on the request's Accept. */
const ERROR_CODES = [
  /\berror code:\s*(\d{3,4})\b/i,
  /"error_code"\s*:\s*"?(\d{3,4})\b/,
  /class="cf-error-code"[^>]*>\s*(\d{3,4})\b/,
  /<title>[^<]*\b(?:Error|\|)\s*(\d{3,4})\b[^<]*<\/title>/i,
] as const;

/** @returns which page of Cloudflare this is; null if it is none. */
export function diagnosePage(reply: Reply, text: string): Diagnosis | null {
  return PAGES.find(({ matches }) => matches(reply, text)) ?? null;
}

/** @returns which error of Cloudflare this is; null if it is none. */
export function diagnoseCloudflareError(reply: Reply, text: string): Diagnosis | null {
  const code = errorCode(reply, text);
  if (code === null) return null;
  const { evidence, remedy } = ERRORS[code] ?? unlistedError(code);
  return { evidence: `Cloudflare error ${code}: ${evidence}`, remedy };
}

function unlistedError(code: number): Diagnosis {
  if (code >= 1100 && code < 1200) {
    return {
      evidence: "the Workers runtime failed",
      remedy: `try again, see https://www.cloudflarestatus.com; ${SEE_LOGS}`,
    };
  }
  if (code >= 520 && code <= 530) {
    return { evidence: "no connection to a server behind this host", remedy: NOT_THE_WORKER };
  }
  return {
    evidence: "see its documentation",
    remedy: `https://developers.cloudflare.com/support/troubleshooting/; perhaps ${RULE}`,
  };
}

function errorCode({ status, headers }: Reply, text: string): number | null {
  const isCloudflare = headers.has("cf-ray") || /cloudflare/i.test(headers.get("server") ?? text);
  if (!isCloudflare && !ERROR_CODES[0].test(text)) return null;
  for (const pattern of ERROR_CODES) {
    const [, code] = pattern.exec(text) ?? [];
    if (code !== undefined) return Number(code);
  }
  return status >= 520 && status <= 530 ? status : null;
}
