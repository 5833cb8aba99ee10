import { parseAuthScheme } from "../../../src/protocol/challenge.ts";
import { parseJsonObject } from "../../../src/protocol/json.ts";
import { printable } from "../../readable.ts";
import type { Target } from "../arguments.ts";
import type { Diagnosis } from "../check.ts";
import { type Reply, textOf } from "../http/client.ts";
import { diagnoseCloudflareError, diagnosePage } from "./cloudflare.ts";

/** An error of a registry (OCI distribution-spec, "Error Codes"). */
export interface RegistryError {
  readonly code: string;
  readonly message: string;
}

const MAX_TEXT_LENGTH = 64 * 1024;
const MAX_EXCERPT_LENGTH = 80;
const ANY = /(?:)/;

/** By error code and a phrase of the message; the first that matches. */
const REMEDIES: readonly (readonly [code: string, message: RegExp, remedy: string])[] = [
  [
    "UNKNOWN",
    /is misconfigured: CACHE/,
    "npm run deploy creates it; in the dashboard: Settings → Bindings → Add → KV namespace, named CACHE",
  ],
  [
    "UNKNOWN",
    /is misconfigured:/,
    "correct that variable (docs/configuration.md) and deploy: npm run deploy; a secret takes effect at once",
  ],
  ["UNKNOWN", ANY, "npm run logs shows the reason while you try again"],
  [
    "TOOMANYREQUESTS",
    /quota.*no account/,
    "configure an account (a free one has 200 pulls in 6 hours): npx wrangler secret put UPSTREAM_USERNAME, then UPSTREAM_PASSWORD with an access token (Public Repo Read-only)",
  ],
  [
    "TOOMANYREQUESTS",
    /quota/,
    "wait up to 6 hours, or use an account with a higher limit; cached images are still served",
  ],
  [
    "TOOMANYREQUESTS",
    /rate limit exceeded/,
    "the mirror's own limit: wait a minute, or raise the binding RATE_LIMIT",
  ],
  [
    "TOOMANYREQUESTS",
    /no account/,
    "configure an account: npx wrangler secret put UPSTREAM_USERNAME, then UPSTREAM_PASSWORD with an access token (Public Repo Read-only); Docker Hub limits the address that many Workers share",
  ],
  [
    "TOOMANYREQUESTS",
    ANY,
    "wait some minutes: Docker Hub also limits the requests of an address, which many Workers share",
  ],
  [
    "UNAVAILABLE",
    /token service/,
    "set tokenHost in REGISTRY_ACCOUNTS, or name the registry behind UPSTREAM (docs/registries.md)",
  ],
  [
    "UNAVAILABLE",
    /storage|only one auth|x-amz/i,
    "the upstream's storage refuses: try again; if it persists, npm run logs shows its status",
  ],
  [
    "UNAVAILABLE",
    /\bpublic\b/,
    'wait until the upstream answers, or set PRIVATE_IMAGES to "public-only-account" (docs/access.md)',
  ],
  [
    "UNAVAILABLE",
    ANY,
    "the mirror works, its upstream does not: try again, see https://www.dockerstatus.com and npm run logs",
  ],
  ["DENIED", /\bnetwork\b/, "add your address, country or network to ACCESS_NETWORKS"],
  ["DENIED", /IMAGES_(?:ALLOW|DENY)/, "change that rule, or try another image (--image)"],
  ["DENIED", ANY, "the upstream denies it to the mirror's account: try another image (--image)"],
  [
    "UNAUTHORIZED",
    ANY,
    "check the name and token: --user name:token, as in ACCESS_USERS, or an account of the upstream if LOGIN is on",
  ],
  [
    "NAME_UNKNOWN",
    /is not configured/,
    "the mirror does not have that registry: remove it from the name, or configure it in REGISTRIES",
  ],
  [
    "NAME_UNKNOWN",
    ANY,
    "check the spelling; a private image, or any of a registry that serves nothing without an account, needs PRIVATE_IMAGES or LOGIN (docs/access.md)",
  ],
  [
    "MANIFEST_UNKNOWN",
    ANY,
    "the upstream has no such tag; it may have been deleted: try another (--image)",
  ],
  [
    "BLOB_UNKNOWN",
    ANY,
    "the upstream has lost part of the image: push it again, or try another (--image)",
  ],
];
/** The core answers this with different codes, depending on what is cached. */
const ACCOUNT_REMEDY =
  "create a new access token and set it: npx wrangler secret put UPSTREAM_PASSWORD (and UPSTREAM_USERNAME)";

const DEPLOY_HERE =
  "deploy Sampan at this host (npm run deploy), or correct the address; remove an old Worker of the same name or route";

/** Software by its headers, or by its name in a challenge. */
const OTHER_SOFTWARE: readonly (readonly [RegExp, string])[] = [
  [/service="cloudflare-docker-proxy"/i, "cloudflare-docker-proxy"],
  [/service="harbor-registry"/i, "Harbor"],
  [/artifactory|jfrog/i, "Artifactory"],
  [/sonatype nexus/i, "Nexus"],
  [/service="gitlab|container_registry/i, "the GitLab registry"],
];

/** @returns the meaning of an unexpected response. */
export function diagnoseReply(reply: Reply, target: Target): Diagnosis {
  const text = textOf(reply).slice(0, MAX_TEXT_LENGTH);
  const diagnosis =
    diagnosePage(reply, text) ??
    diagnoseRedirect(reply, target) ??
    diagnoseCloudflareError(reply, text) ??
    diagnoseRegistryError(text) ??
    diagnoseStorageError(text) ??
    (isHtml(reply, text) ? diagnoseOtherSoftware(reply, target) : null);
  if (diagnosis !== null) {
    return { evidence: `${reply.status}, ${diagnosis.evidence}`, remedy: diagnosis.remedy };
  }
  const type = reply.headers.get("content-type") ?? "no content type";
  const quoted = excerptOf(text);
  return {
    evidence: `${reply.status} for ${reply.method} (${type})${quoted && `: ${quoted}`}`,
    remedy: "npm run logs shows whether the request reached the mirror, and its answer",
  };
}

/** @returns the meaning of a registry's error body; null if the text is none. */
export function diagnoseRegistryError(text: string): Diagnosis | null {
  const error = readError(text);
  if (error === null) return null;
  const { code, message } = error;
  const evidence = `${code}: ${message}`;
  if (/rejects the mirror's account/.test(message)) return { evidence, remedy: ACCOUNT_REMEDY };
  return { evidence, remedy: remedyFor(code, message) };
}

/** @returns what to do about an error of the mirror, or about a `Warning` with its text. */
export function remedyFor(code: string, message: string): string {
  const known = REMEDIES.find(([its, pattern]) => its === code && pattern.test(message));
  return known?.[2] ?? "npm run logs shows the reason";
}

/** @returns the first error in a registry's error body; null if the text is none. */
export function readError(text: string): RegistryError | null {
  const errors = parseJsonObject(text)?.errors;
  const [first] = Array.isArray(errors) ? errors : [];
  const { code, message } = (first ?? {}) as Partial<Record<string, unknown>>;
  if (typeof code !== "string") return null;
  return { code, message: typeof message === "string" ? message : "" };
}

/**
 * @param reply to `/v2/`, or to a request that Sampan would have answered differently.
 * @returns which other software seems to answer.
 */
export function diagnoseOtherSoftware(reply: Reply, target: Target): Diagnosis {
  const { headers, status } = reply;
  const all = [...headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const software = OTHER_SOFTWARE.find(([pattern]) => pattern.test(all))?.[1];
  if (software !== undefined) return otherSoftware(`${software} answers, not Sampan`);
  const scheme = parseAuthScheme(headers.get("www-authenticate"));
  const realm = scheme.kind === "bearer" ? URL.parse(scheme.realm) : null;
  if (realm !== null && realm.host !== target.origin.host) {
    return {
      evidence: `the challenge sends clients to ${realm.host} for a token`,
      remedy: `where that host is blocked, every pull fails: other software passes on the upstream's challenge, which Sampan never does; ${DEPLOY_HERE}`,
    };
  }
  if (headers.has("docker-distribution-api-version")) {
    if (realm !== null)
      return otherSoftware("another mirror, which requires a token for public images");
    if (status === 401) return otherSoftware("another registry, which requires a login");
    return otherSoftware(
      "another registry or mirror, such as hammal or distribution: no challenge, but other errors than Sampan's",
    );
  }
  const title = titleOf(textOf(reply));
  const page = title === null ? "" : ` and the page “${title}”`;
  const server = excerptOf(headers.get("server") ?? "");
  // Cloudflare puts its own name in front of any origin.
  if (/cloudflare/i.test(server)) {
    return otherSoftware(`other software behind Cloudflare answers ${status}${page}`);
  }
  const name = server === "" ? "other software" : `a web server (${server})`;
  return otherSoftware(`${name} answers ${status}${page}`);
}

/** @returns whether the response is for a browser. */
export function isHtml({ headers }: Reply, text: string): boolean {
  const type = headers.get("content-type") ?? "";
  return /text\/html/i.test(type) || /^\s*<(?:!doctype|html)/i.test(text);
}

function diagnoseRedirect({ status, url, headers }: Reply, target: Target): Diagnosis | null {
  const location = headers.get("location");
  if (status < 300 || status > 399 || status === 304 || location === null) return null;
  const to = URL.parse(location, url.href);
  if (to?.protocol === "https:" && url.protocol === "http:" && to.hostname === url.hostname) {
    return {
      evidence: "a redirect from http to https",
      remedy: `use https://${target.origin.hostname} in the doctor and in every client`,
    };
  }
  if (to?.host === url.host && /^\/v2\/library\//.test(to.pathname)) {
    return {
      evidence: "a redirect from a bare name to library/",
      remedy:
        "cloudflare-docker-proxy or similar software; Sampan answers bare names without a redirect: deploy it at this host",
    };
  }
  return {
    evidence: `a redirect to ${to?.host ?? "no host"}`,
    remedy:
      "clients that cannot reach that host fail, and containerd follows no redirect of a manifest: find the rule or proxy that redirects (Rules → Redirect Rules); Sampan itself never does",
  };
}

/** S3 and R2 answer in XML if a registry's credential is sent along with a signed URL. */
function diagnoseStorageError(text: string): Diagnosis | null {
  if (!/^\s*(?:<\?xml[^>]*>\s*)?<Error>/.test(text)) return null;
  return {
    evidence: "an error of the blob storage",
    remedy:
      "other mirror software sent the registry's credential on to the storage; Sampan follows redirects without it: deploy it at this host",
  };
}

function otherSoftware(evidence: string): Diagnosis {
  return { evidence, remedy: DEPLOY_HERE };
}

function titleOf(text: string): string | null {
  const [, title = ""] = /<title[^>]{0,100}>([^<]{1,1000})/i.exec(text) ?? [];
  return excerptOf(title) || null;
}

/** The beginning of a foreign text, on one line. */
function excerptOf(text: string): string {
  const line = printable(text).trim();
  return line.length > MAX_EXCERPT_LENGTH ? `${line.slice(0, MAX_EXCERPT_LENGTH)}…` : line;
}
