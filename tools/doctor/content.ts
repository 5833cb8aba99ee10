import { createHash } from "node:crypto";
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import type { Reply } from "./http/reply.ts";

const DECODERS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  deflate: inflateSync,
  zstd: zstdDecompressSync,
};

/** @returns the body without what a proxy on the way may have wrapped it in; as it is otherwise. */
export function contentOf({ headers, bytes }: Reply): Uint8Array {
  const decode = DECODERS[headers.get("content-encoding") ?? ""];
  try {
    return decode === undefined ? bytes : decode(bytes);
  } catch {
    return bytes;
  }
}

/** @returns the same as text. */
export function textOf(reply: Reply): string {
  return new TextDecoder().decode(contentOf(reply));
}

/** @returns the digest of the bytes by the algorithm of `like`, e.g. `sha256:…`. */
export function digestOf(bytes: Uint8Array, like: string): string {
  const [algorithm = "sha256"] = like.split(":");
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}
