import { parseTarget, type Target } from "../arguments.ts";
import { type Finding, failure } from "../check.ts";

/** How a client's setting compares with the mirror's address. */
export type Match = "same" | "other path" | "none";

/**
 * @param addresses in the client's configuration, with or without `https://`, `/v2` and a slash at
 * the end, in any of which clients differ.
 */
export function matchMirror(addresses: readonly string[], target: Target): Match {
  const targets = addresses.map(parseTarget).filter((one) => one !== null);
  const onHost = targets.filter(({ origin }) => origin.host === target.origin.host);
  if (onHost.some(({ secret }) => secret === target.secret)) return "same";
  return onHost.length > 0 ? "other path" : "none";
}

/** @returns the finding for a file that has the mirror with `other path`. */
export function otherPath(file: string): Finding {
  return failure(`${file} has the mirror's host with another path`, "correct the path secret");
}
