import { isCertainlyPublic } from "../access/visibility.ts";
import { publicPartition } from "../cache/keys.ts";
import type { RegistryError } from "../protocol/errors.ts";
import { ACCOUNT_REJECTED } from "../upstream/auth/token.ts";
import type { Target } from "./target.ts";

/** An image that the upstream no longer shows to the mirror may have become private. */
const MAX_REJECTED_MS = 60 * 60 * 1000;

/**
 * @param ageMs since the last successful check.
 * @returns whether a stale answer may replace the error: while the upstream fails; and while it
 * rejects the mirror, if the image was public a moment ago. A client's own rejected login gets
 * nothing stale.
 */
export function mayAnswerStale(error: RegistryError, target: Target, ageMs: number): boolean {
  if (error.isTransient) return true;
  const [first] = target.upstreams;
  if (!error.isRejection || first.clientToken !== null) return false;
  if (isCertainlyPublic(first, target) || ageMs < MAX_REJECTED_MS) return true;
  // A wrong account says nothing about an image that does not need its rights.
  const isShared = target.partition === publicPartition(target.registry.id);
  return error.reason === ACCOUNT_REJECTED && isShared;
}
