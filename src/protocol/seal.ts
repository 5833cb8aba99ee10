import { decodeBase64 } from "./base64.ts";
import { parseJsonObject } from "./json.ts";

/** Encrypts tokens that only this mirror can read, and computes keyed hashes. */
export interface Sealer {
  /** @returns the record, encrypted and authenticated, as URL-safe text. */
  seal(purpose: string, record: object): Promise<string>;
  /** @returns the record; null if the text was not sealed with this secret for this purpose. */
  open(purpose: string, sealed: string): Promise<Record<string, unknown> | null>;
  /** @returns a keyed hash of the text, in hex. */
  hash(text: string): Promise<string>;
}

const AES_GCM = { name: "AES-GCM", length: 256, usages: ["encrypt", "decrypt"] };
const HMAC = { name: "HMAC", hash: "SHA-256", length: 256, usages: ["sign"] };
const NONCE_BYTES = 12;
const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

/**
 * @param secret from which the keys are derived (HKDF, RFC 5869), for AES-GCM (NIST SP 800-38D)
 * and HMAC (RFC 2104).
 */
export function createSealer(secret: string): Sealer {
  return {
    async seal(purpose, record) {
      const key = await deriveKey(secret, AES_GCM);
      const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const sealed = await crypto.subtle.encrypt(
        { name: "AES-GCM", iv, additionalData: encode(purpose) },
        key,
        encode(JSON.stringify(record)),
      );
      return iv.toBase64(BASE64URL) + new Uint8Array(sealed).toBase64(BASE64URL);
    },
    async open(purpose, text) {
      const bytes = decodeBase64(text, "base64url");
      if (bytes === null) return null;
      const key = await deriveKey(secret, AES_GCM);
      const iv = bytes.subarray(0, NONCE_BYTES);
      const data = bytes.subarray(NONCE_BYTES);
      const algorithm = { name: "AES-GCM", iv, additionalData: encode(purpose) };
      const opened = crypto.subtle.decrypt(algorithm, key, data);
      const record = await opened.catch(() => null);
      return record && parseJsonObject(new Uint8Array(record));
    },
    async hash(text) {
      const key = await deriveKey(secret, HMAC);
      return new Uint8Array(await crypto.subtle.sign("HMAC", key, encode(text))).toHex();
    },
  };
}

/** Derives a separate key for each purpose. */
async function deriveKey(
  secret: string,
  { usages, ...algorithm }: typeof AES_GCM | typeof HMAC,
): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", encode(secret), "HKDF", false, ["deriveKey"]);
  const info = encode(`sampan ${algorithm.name}`);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  return crypto.subtle.deriveKey(hkdf, base, algorithm, false, usages);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
