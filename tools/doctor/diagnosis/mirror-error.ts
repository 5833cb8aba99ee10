import { parseJsonObject } from "../../../src/protocol/json.ts";
import type { Diagnosis } from "../finding.ts";

/** An error as a registry tells it (OCI distribution-spec, "Error Codes"). */
export interface MirrorError {
  readonly code: string;
  readonly message: string;
}

interface Remedy {
  readonly code: string;
  readonly message: RegExp;
  readonly remedy: string;
}

const ACCOUNT =
  "give it an account (a free one has 200 pulls in 6 hours): npx wrangler secret put UPSTREAM_USERNAME, then UPSTREAM_PASSWORD with an access token, Public Repo Read-only";

/** By the code, and by what the message says; the first that fits. */
const REMEDIES: readonly Remedy[] = [
  {
    code: "UNKNOWN",
    message: /is misconfigured: (?!CACHE)/,
    remedy:
      "correct that variable (docs/configuration.md) and deploy: npm run deploy; a secret takes effect at once",
  },
  {
    code: "UNKNOWN",
    message: /is misconfigured: CACHE/,
    remedy: 'declare it in wrangler.toml ([[kv_namespaces]], binding = "CACHE", no id) and deploy',
  },
  { code: "UNKNOWN", message: /(?:)/, remedy: "npm run logs shows the reason while you try again" },
  { code: "TOOMANYREQUESTS", message: /quota.*no account/, remedy: ACCOUNT },
  {
    code: "TOOMANYREQUESTS",
    message: /quota/,
    remedy:
      "the account's pulls are used up: wait up to 6 hours, or use an account with a higher limit; what is cached is still answered",
  },
  {
    code: "TOOMANYREQUESTS",
    message: /you ask this mirror/,
    remedy: "the mirror's own limit: wait a minute, or raise the binding RATE_LIMIT",
  },
  {
    code: "TOOMANYREQUESTS",
    message: /(?:)/,
    remedy:
      "Docker Hub's limit on requests as such, which counts the address that Workers share: wait some minutes; the quota has nothing to do with it, nor has an account",
  },
  {
    code: "UNAVAILABLE",
    message: /rejects the mirror's account/,
    remedy:
      "make a new access token and put it: npx wrangler secret put UPSTREAM_PASSWORD (and UPSTREAM_USERNAME)",
  },
  {
    code: "UNAVAILABLE",
    message: /token service that is not its own/,
    remedy:
      "UPSTREAM names a registry whose token service is on another domain: name the registry behind it",
  },
  {
    code: "UNAVAILABLE",
    message: /storage at|only one auth|x-amz/i,
    remedy: "the upstream's storage refuses: try again; if it stays, npm run logs has its status",
  },
  {
    code: "UNAVAILABLE",
    message: /whether this image is public/,
    remedy:
      'wait until the upstream answers, or set PRIVATE_IMAGES to "public-only-account" (docs/access.md)',
  },
  {
    code: "UNAVAILABLE",
    message: /(?:)/,
    remedy:
      "the mirror works, its upstream does not: try again, see https://www.dockerstatus.com and npm run logs",
  },
  {
    code: "DENIED",
    message: /your network/,
    remedy: "ACCESS_NETWORKS does not have this address, country or network: add it",
  },
  {
    code: "DENIED",
    message: /is not for this mirror/,
    remedy: "IMAGES_ALLOW or IMAGES_DENY says so: change the rule, or try another image (--image)",
  },
  {
    code: "DENIED",
    message: /(?:)/,
    remedy: "the upstream denies it to the mirror's account: try another image (--image)",
  },
  {
    code: "UNAUTHORIZED",
    message: /(?:)/,
    remedy:
      "check the name and token: --user name:token, as in ACCESS_USERS, or an account of the upstream where LOGIN is on",
  },
  {
    code: "NAME_UNKNOWN",
    message: /no images of/,
    remedy:
      "the mirror is not of that registry: leave it out of the name, or set it up in the mirror",
  },
  {
    code: "NAME_UNKNOWN",
    message: /(?:)/,
    remedy: "check the spelling; a private image needs PRIVATE_IMAGES or LOGIN (docs/access.md)",
  },
  {
    code: "MANIFEST_UNKNOWN",
    message: /(?:)/,
    remedy:
      "the upstream has no such tag: it was never there, or was deleted; try another (--image)",
  },
  {
    code: "BLOB_UNKNOWN",
    message: /(?:)/,
    remedy: "the upstream has lost a part of the image: push it anew, or try another (--image)",
  },
];

/** @returns what an error in a registry's own words means; null if the text is none. */
export function diagnoseMirrorError(text: string): Diagnosis | null {
  const error = readError(text);
  if (error === null) return null;
  const { code, message } = error;
  const known = REMEDIES.find((remedy) => remedy.code === code && remedy.message.test(message));
  const remedy = known?.remedy ?? "npm run logs shows what the mirror made of it";
  return { what: `${code}: ${message}`, remedy };
}

/** @returns the first error of a registry's error body, or null. */
export function readError(text: string): MirrorError | null {
  const errors = parseJsonObject(text)?.errors;
  const [first] = Array.isArray(errors) ? errors : [];
  const { code, message } = (first ?? {}) as Partial<Record<string, unknown>>;
  if (typeof code !== "string") return null;
  return { code, message: typeof message === "string" ? message : "" };
}
