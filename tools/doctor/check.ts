import type { Reply } from "./http/client.ts";
import type { Session } from "./session.ts";

/** One question about a mirror. */
export interface Check {
  /** Stable: programs read it. docs/doctor.md lists each. */
  readonly name: string;
  /** If it fails, no later check runs. */
  readonly isGate?: boolean;
  /**
   * @returns null if the check does not apply.
   * @throws ConnectionError, UnexpectedReply, CorruptContent
   */
  run(session: Session): Promise<Finding | null>;
}

/** The result of a check. */
export interface Finding {
  readonly level: "ok" | "warning" | "failure";
  /** What was observed. */
  readonly evidence: string;
  /** What to do about it; null if nothing. */
  readonly remedy: string | null;
}

/** What is wrong, and what to do about it. */
export interface Diagnosis {
  readonly evidence: string;
  readonly remedy: string;
}

/** A response other than the one a check depends on. */
export class UnexpectedReply extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(`${reply.method} was answered ${reply.status}`);
    this.name = "UnexpectedReply";
    this.reply = reply;
  }
}

/** A complete response whose content does not match its digest, size or type. */
export class CorruptContent extends Error {
  constructor(evidence: string) {
    super(evidence);
    this.name = "CorruptContent";
  }
}

export function ok(evidence: string): Finding {
  return { level: "ok", evidence, remedy: null };
}

/** Pulls work, but there is something to know or to do. */
export function warning(evidence: string, remedy: string): Finding {
  return { level: "warning", evidence, remedy };
}

/** Pulls fail, or something is open that should not be. */
export function failure(evidence: string, remedy: string): Finding {
  return { level: "failure", evidence, remedy };
}

/** A failure for a diagnosed cause. `prefix` says where it was met. */
export function failed({ evidence, remedy }: Diagnosis, prefix = ""): Finding {
  return failure(`${prefix}${evidence}`, remedy);
}
