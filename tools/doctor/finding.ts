/** What a check came to. */
export interface Finding {
  readonly level: "ok" | "warning" | "failure";
  /** What was seen. */
  readonly evidence: string;
  /** What to do about it; null if nothing. */
  readonly remedy: string | null;
}

/** What is wrong, and what to do about it. */
export interface Diagnosis {
  readonly what: string;
  readonly remedy: string;
}

/** All is well. */
export function ok(evidence: string): Finding {
  return { level: "ok", evidence, remedy: null };
}

/** Pulls work, yet something is to be known or done. */
export function warning(evidence: string, remedy: string): Finding {
  return { level: "warning", evidence, remedy };
}

/** Pulls fail, or something is open that should not be. */
export function failure(evidence: string, remedy: string): Finding {
  return { level: "failure", evidence, remedy };
}
