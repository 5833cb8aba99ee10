/** @returns the bytes of base64 (RFC 4648), by default not URL-safe; null if it is malformed. */
export function decodeBase64(
  text: string,
  alphabet: "base64" | "base64url" = "base64",
): Uint8Array | null {
  try {
    return Uint8Array.fromBase64(text, { alphabet });
  } catch {
    return null;
  }
}
