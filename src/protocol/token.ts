import { parseJsonObject } from "./json.ts";
import type { Name } from "./name.ts";

/** A bearer token (Docker's token authentication specification). */
export interface Token {
  readonly value: string;
  /** Milliseconds since 1970; some time before the token service lets it expire. */
  readonly expiresAt: number;
}

/** Docker's token specification: the life of a token that does not tell. */
const DEFAULT_LIFE_SECONDS = 60;
const MAX_LIFE_SECONDS = 24 * 60 * 60;
/** For clocks that differ and for the time that the request itself takes. */
const MARGIN_SECONDS = 10;
const MARGIN_SHARE = 0.1;

/**
 * The reply of a token service: `token` or `access_token`, `expires_in`, `issued_at`.
 *
 * @param askedAt milliseconds since 1970, in place of an absent `issued_at`.
 * @returns null if there is no token in it.
 */
export function parseToken(bytes: Uint8Array, askedAt: number): Token | null {
  const reply = parseJsonObject(bytes);
  const value = reply?.token || reply?.access_token;
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) return null;
  const life = Number(scalar(reply?.expires_in));
  const seconds = life > 0 ? Math.min(life, MAX_LIFE_SECONDS) : DEFAULT_LIFE_SECONDS;
  const told = Date.parse(String(scalar(reply?.issued_at)));
  const issuedAt = told > 0 ? Math.min(told, askedAt) : askedAt;
  const margin = Math.min(MARGIN_SECONDS, seconds * MARGIN_SHARE);
  return { value, expiresAt: issuedAt + (seconds - margin) * 1000 };
}

/** @returns the `Authorization` header of a token (RFC 6750). */
export function bearerHeader({ value }: Token): string {
  return `Bearer ${value}`;
}

/** @returns the scope that reads one repository (Docker's token scope documentation). */
export function pullScope(name: Name): string {
  return `repository:${name}:pull`;
}

/** @returns the `Authorization` header of HTTP Basic (RFC 7617). */
export function basicHeader(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/** @returns the repository that a scope names, whatever is to be done with it; null for others. */
export function parseScope(scope: string): string | null {
  return /^repository(?:\([a-z0-9]+\))?:([^\s]+):[a-z*,]*$/.exec(scope)?.[1] ?? null;
}

/**
 * The access claim of a token that is a JWT (Docker's token scope documentation), unverified: only
 * the registry can verify it, and decides by it.
 *
 * @returns whether the token may pull `name`; null if it does not tell.
 */
export function grantsPull(token: string, name: Name): boolean | null {
  const access = parseJsonObject(decodeSegment(token.split(".")[1] ?? ""))?.access;
  if (!Array.isArray(access)) return null;
  return access.some(
    (claim) =>
      claim?.type === "repository" &&
      claim.name === name &&
      Array.isArray(claim.actions) &&
      claim.actions.includes("pull"),
  );
}

function decodeSegment(segment: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(segment, { alphabet: "base64url" });
  } catch {
    return new Uint8Array();
  }
}

/** @returns null for what is no number and no text: an object may have a `toString` of its own. */
function scalar(value: unknown): number | string | null {
  return typeof value === "number" || typeof value === "string" ? value : null;
}
