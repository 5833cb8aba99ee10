import type { Digest } from "./digest.ts";

/** Digest, type and size of a manifest (OCI image-spec, descriptor.md). */
export interface Descriptor {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
}

/** A manifest with its bytes, exactly as the registry has them. */
export interface Manifest extends Descriptor {
  readonly bytes: Uint8Array;
}

/** @returns only the descriptor of a larger object. */
export function descriptorOf({ digest, mediaType, size }: Descriptor): Descriptor {
  return { digest, mediaType, size };
}
