import type { Entry } from "./entry.ts";

export const STATUSES = ["ok", "error", "canceled"] as const;
export type Status = (typeof STATUSES)[number];

/** @returns whether to show an entry; with no status given, every one. */
export function isWanted(entry: Entry, wanted: readonly Status[]): boolean {
  return wanted.length === 0 || wanted.includes(statusOf(entry));
}

/** The mirror answers its own errors, which the platform counts as a success. */
function statusOf(entry: Entry): Status {
  switch (entry.kind) {
    case "text":
      return "ok";
    case "platform":
      return entry.outcome === "canceled" ? "canceled" : "error";
    case "line": {
      const { event, status, error } = entry.line;
      const isFailure = /\bfailed\b/.test(event) || (typeof status === "number" && status >= 400);
      return isFailure || error !== undefined ? "error" : "ok";
    }
  }
}
