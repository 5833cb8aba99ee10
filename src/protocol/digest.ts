/** A content digest that has passed `parseDigest`, e.g. `sha256:e3b0…`. */
export type Digest = string & { readonly brand: "Digest" };

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

/**
 * Parses `algorithm ":" encoded` (OCI image-spec, descriptor.md, "Digests") for the algorithms
 * that can be verified here: sha256, sha384 and sha512 in lower-case hex.
 *
 * @returns the digest, or null if it is malformed or of another algorithm.
 */
export function parseDigest(raw: string): Digest | null {
  return DIGEST.test(raw) ? (raw as Digest) : null;
}

/** @returns the sha256 digest of `bytes`. */
export async function digestOf(bytes: Uint8Array): Promise<Digest> {
  return `sha256:${await hexHash("SHA-256", bytes)}` as Digest;
}

/** @returns whether `bytes` hash to `digest` under the digest's own algorithm. */
export async function matchesDigest(bytes: Uint8Array, digest: Digest): Promise<boolean> {
  const [algorithm = "", hex] = digest.split(":");
  return (await hexHash(algorithm.replace("sha", "SHA-"), bytes)) === hex;
}

/** @returns the sha256 of `text` in hex: an identifier that does not contain the text. */
export async function fingerprint(text: string): Promise<string> {
  return hexHash("SHA-256", new TextEncoder().encode(text));
}

async function hexHash(name: string, bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest(name, bytes)).toHex();
}

/** @returns whether both texts are equal, in constant time. */
export async function isSameSecret(a: string, b: string): Promise<boolean> {
  const encoder = new TextEncoder();
  const hashOfA = await crypto.subtle.digest("SHA-256", encoder.encode(a));
  const hashOfB = await crypto.subtle.digest("SHA-256", encoder.encode(b));
  return crypto.subtle.timingSafeEqual(hashOfA, hashOfB);
}
