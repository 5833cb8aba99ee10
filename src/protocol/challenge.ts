import { matchAt } from "./scan.ts";

/** How a registry authenticates clients: not at all, by HTTP Basic, or by a token from a realm. */
export type AuthScheme =
  | { readonly kind: "open" }
  | { readonly kind: "basic" }
  | { readonly kind: "bearer"; readonly realm: string; readonly service: string | null };

/** @returns whether both schemes are equal. */
export function isSameScheme(a: AuthScheme, b: AuthScheme): boolean {
  if (a.kind !== "bearer" || b.kind !== "bearer") return a.kind === b.kind;
  return a.realm === b.realm && a.service === b.service;
}

/** One challenge of a `WWW-Authenticate` header. Scheme and parameter names are in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

// RFC 9110, section 5.6.2 (token) and 5.6.4 (quoted-string).
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const SCHEME = new RegExp(`[\\s,]*(${TOKEN})(?=\\s|,|$)(?!\\s*=)`, "y");
const TOKEN68 = /\s+[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/y;
const PARAMETER = new RegExp(
  `[\\s,]*(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]+))`,
  "y",
);

/**
 * @returns the scheme of a `WWW-Authenticate` header. Bearer comes before Basic, since a token
 * needs no account; a Bearer challenge without a realm (an empty `realm` here) comes last. `open`
 * if neither is offered.
 */
export function parseAuthScheme(header: string | null): AuthScheme {
  const challenges = parseChallenges(header);
  for (const { scheme, parameters } of challenges) {
    const { realm, service = null } = parameters;
    if (scheme === "bearer" && realm) return { kind: "bearer", realm, service };
  }
  const isOffered = (kind: string) => challenges.some(({ scheme }) => scheme === kind);
  if (isOffered("basic")) return { kind: "basic" };
  return isOffered("bearer") ? { kind: "bearer", realm: "", service: null } : { kind: "open" };
}

/**
 * `WWW-Authenticate` (RFC 9110, section 11.6.1): any number of challenges, each with parameters
 * whose quoted values may contain commas. Parsing stops at malformed text.
 *
 * @returns the challenges in order; none if the header is absent.
 */
export function parseChallenges(header: string | null): Challenge[] {
  const text = header ?? "";
  const challenges: Challenge[] = [];
  for (let at = 0; ; ) {
    const scheme = matchAt(SCHEME, text, at);
    if (!scheme?.[1]) return challenges;
    at = SCHEME.lastIndex;
    if (matchAt(TOKEN68, text, at)) at = TOKEN68.lastIndex;
    const parameters: Record<string, string> = Object.create(null);
    for (let next = matchAt(PARAMETER, text, at); next; next = matchAt(PARAMETER, text, at)) {
      at = PARAMETER.lastIndex;
      const [, name = "", quoted, bare] = next;
      parameters[name.toLowerCase()] ??= quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "";
    }
    challenges.push({ scheme: scheme[1].toLowerCase(), parameters });
  }
}
