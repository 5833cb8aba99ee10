/*
 * What is in the bucket: a blob under `blobs/<registry>/<digest>`, and, once it has been pulled
 * later on, a note under `used/<registry>/<digest>`, an empty object. When the blob was last pulled
 * is told by the later date of the two. The note is renewed a few times in the life of the blob,
 * not on every pull: writes to R2 are counted.
 */
export const BLOBS = "blobs/";
export const NOTES = "used/";

/** @returns what dates an object, by the Worker's own clock: milliseconds since 1970. */
export function dated(now: number): R2PutOptions {
  return { customMetadata: { at: String(now) } };
}

/** @returns the date of an object: milliseconds since 1970. */
export function dateOf({ customMetadata, uploaded }: R2Object): number {
  return Number(customMetadata?.at ?? uploaded.getTime());
}
