import type { Finding } from "./finding.ts";
import type { Visit } from "./visit.ts";

/** One question about a mirror. */
export interface Check {
  /** Stable, for programs. docs/doctor.md tells of each. */
  readonly name: string;
  /** When it fails, nothing after it can be told. */
  readonly isGate?: boolean;
  /** @returns null where there is nothing to check. @throws Unanswered, Refused, Corrupt */
  run(visit: Visit): Promise<Finding | null>;
}
