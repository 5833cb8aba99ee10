import type { Digest } from "./digest.ts";

/** What a manifest is, without its bytes (OCI image-spec, descriptor.md). */
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

/** @returns the descriptor alone, of something that is more than that. */
export function descriptorOf({ digest, mediaType, size }: Descriptor): Descriptor {
  return { digest, mediaType, size };
}
