/** The credentials of HTTP Basic authentication. */
export interface UserPass {
  readonly username: string;
  readonly password: string;
}

const MAX_HEADER_LENGTH = 4096;

/** @returns the credentials of a Basic `Authorization` header (RFC 7617), or null. */
export function parseBasic(header: string | null): UserPass | null {
  if (header === null || header.length > MAX_HEADER_LENGTH) return null;
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(header) ?? [];
  const text = encoded === undefined ? null : decodeBase64(encoded);
  const colon = text?.indexOf(":") ?? -1;
  if (text === null || colon < 0) return null;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** @returns the token of a Bearer `Authorization` header (RFC 6750, section 2.1), or null. */
export function parseBearer(header: string | null): string | null {
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(header ?? "")?.[1] ?? null;
}

function decodeBase64(encoded: string): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.fromBase64(encoded),
    );
  } catch {
    return null;
  }
}
