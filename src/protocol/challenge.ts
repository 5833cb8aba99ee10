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

// RFC 9110, section 11.6.1: a parameter with its value, or else a scheme.
const PART = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,"]+)))?/g;

/**
 * @returns the scheme of a `WWW-Authenticate` header. Bearer comes before Basic, since a token
 * needs no account; a Bearer challenge without a realm (an empty `realm` here) comes last. `open`
 * if neither is offered.
 */
export function parseAuthScheme(header: string | null): AuthScheme {
  const challenges: Record<string, string>[] = [];
  for (const [, part = "", quoted, bare] of (header ?? "").matchAll(PART)) {
    const name = part.toLowerCase();
    const value = quoted ?? bare;
    const challenge = challenges.at(-1);
    if (value === undefined) challenges.push({ scheme: name });
    else if (challenge) challenge[name] ??= value;
  }
  for (const { scheme, realm, service = null } of challenges) {
    if (scheme === "bearer" && realm) return { kind: "bearer", realm, service };
  }
  const isOffered = (kind: string) => challenges.some(({ scheme }) => scheme === kind);
  if (isOffered("basic")) return { kind: "basic" };
  return isOffered("bearer") ? { kind: "bearer", realm: "", service: null } : { kind: "open" };
}
