import type { Call } from "./calls.ts";

/** What a struck call comes to. */
export type Effect =
  /** The call serves as if nothing had happened. */
  | { readonly kind: "none" }
  /** Another kind of call is made in its place. */
  | { readonly kind: "instead"; readonly call: Call }
  /** What was sent crosses as it is: only the client can tell that it is wrong. */
  | { readonly kind: "as sent" }
  /** The answer begins and then breaks off. */
  | { readonly kind: "breaks" }
  /** The answer begins and does not go on for as long as the upstream does not. */
  | { readonly kind: "stalls" }
  | Failure;

/** An error, unless an old answer may stand in. */
export interface Failure {
  readonly kind: "fails";
  readonly status: number;
  readonly code: string;
  /** Whether an old answer may stand in. */
  readonly isPassing: boolean;
}

export const NONE: Effect = { kind: "none" };
export const AS_SENT: Effect = { kind: "as sent" };
export const BREAKS: Effect = { kind: "breaks" };
export const STALLS: Effect = { kind: "stalls" };

export function instead(call: Call): Effect {
  return { kind: "instead", call };
}

/** An error that the old answer stands in for where there is one. */
export function passing(status: 429 | 502 | 503 | 504): Failure {
  const code = status === 429 ? "TOOMANYREQUESTS" : "UNAVAILABLE";
  return { kind: "fails", status, code, isPassing: true };
}

/** An error whatever is cached. */
export function final(status: number, code: string): Failure {
  return { kind: "fails", status, code, isPassing: false };
}
