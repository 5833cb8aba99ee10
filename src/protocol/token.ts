import { decodeBase64 } from "./base64.ts";
import { parseJsonObject } from "./json.ts";
import type { Name } from "./name.ts";

/** A bearer token (Docker's token authentication specification). */
export interface Token {
  readonly value: string;
  /** Milliseconds since 1970, with a margin before the real expiry. */
  readonly expiresAt: number;
}

/** Everything that determines a token. */
export interface TokenIdentity {
  /** The registry's host. */
  readonly registry: string;
  /** Null for an anonymous token. */
  readonly username: string | null;
  readonly realm: string;
  readonly service: string | null;
  readonly scope: string;
}

/** Docker's token specification: the lifetime of a token without `expires_in`. */
const DEFAULT_LIFE_SECONDS = 60;
const MAX_LIFE_SECONDS = 24 * 60 * 60;
/** Covers differing clocks and the duration of the request. */
const MARGIN_SECONDS = 10;
const MARGIN_SHARE = 0.1;

/**
 * The reply of a token service: `token` or `access_token`, `expires_in`, `issued_at`.
 *
 * @param requestedAt milliseconds since 1970, in place of an absent `issued_at`.
 * @returns null if the reply has no token.
 */
export function parseToken(bytes: Uint8Array, requestedAt: number): Token | null {
  const reply = parseJsonObject(bytes);
  const value = reply?.token || reply?.access_token;
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) return null;
  const life = Number(scalar(reply?.expires_in));
  const seconds = life > 0 ? Math.min(life, MAX_LIFE_SECONDS) : DEFAULT_LIFE_SECONDS;
  const claimed = Date.parse(String(scalar(reply?.issued_at)));
  const issuedAt = claimed > 0 ? Math.min(claimed, requestedAt) : requestedAt;
  const margin = Math.min(MARGIN_SECONDS, seconds * MARGIN_SHARE);
  return { value, expiresAt: issuedAt + (seconds - margin) * 1000 };
}

/** @returns the `Authorization` header of a token (RFC 6750). */
export function bearerHeader({ value }: Token): string {
  return `Bearer ${value}`;
}

/** @returns the scope for pulling from one repository (Docker's token scope documentation). */
export function pullScope(name: Name): string {
  return `repository:${name}:pull`;
}

/** @returns the `Authorization` header of HTTP Basic (RFC 7617). */
export function basicHeader(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/** @returns the repository of a scope, whatever its actions; null for other scopes. */
export function parseScope(scope: string): string | null {
  return /^repository(?:\([a-z0-9]+\))?:([^\s]+):[a-z*,]*$/.exec(scope)?.[1] ?? null;
}

/**
 * Reads the `access` claim of a JWT (Docker's token scope documentation) without verifying it; only
 * the registry can do that.
 *
 * @returns whether the token allows pulling `name`; null if it has no such claim.
 */
export function grantsPull(token: string, name: Name): boolean | null {
  const claims = decodeBase64(token.split(".")[1] ?? "", "base64url");
  const access = claims && parseJsonObject(claims)?.access;
  if (!Array.isArray(access)) return null;
  return access.some(
    (claim) =>
      claim?.type === "repository" &&
      claim.name === name &&
      Array.isArray(claim.actions) &&
      claim.actions.includes("pull"),
  );
}

/** @returns null for anything but a number or text: an object may have its own `toString`. */
function scalar(value: unknown): number | string | null {
  return typeof value === "number" || typeof value === "string" ? value : null;
}
