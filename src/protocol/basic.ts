import { decodeBase64 } from "./base64.ts";

/** The credentials of HTTP Basic authentication. */
export interface UserPass {
  readonly username: string;
  readonly password: string;
}

/** @returns the credentials of a Basic `Authorization` header (RFC 7617), or null. */
export function parseBasic(header: string | null): UserPass | null {
  const [, encoded = ""] = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(header ?? "") ?? [];
  const bytes = decodeBase64(encoded);
  const text = new TextDecoder().decode(bytes ?? new Uint8Array());
  const colon = text.indexOf(":");
  return colon < 0 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** @returns the token of a Bearer `Authorization` header (RFC 6750, section 2.1), or null. */
export function parseBearer(header: string | null): string | null {
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(header ?? "")?.[1] ?? null;
}
