import type { Entry, Line } from "./entry.ts";

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
      return isFailure(entry.line) ? "error" : "ok";
    }
  }
}

/** @returns whether a line tells of something that went wrong, whatever its event. */
export function isFailure({ event, status, failed, error, reason }: Line): boolean {
  if (typeof error === "string" || typeof reason === "string") return true;
  return event === "cache failed" || Number(status ?? 0) >= 400 || Number(failed ?? 0) > 0;
}
