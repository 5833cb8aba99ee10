import { escapeInvisible } from "../src/platform/log.ts";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Colours text, as `styleText` of node:util does for standard output if that is a terminal. */
export type Paint = (format: "bold" | "dim" | "green" | "yellow" | "red", text: string) => string;

/** @returns a number of bytes for people, e.g. `1.2 KiB`; `?` for null. */
export function readableBytes(bytes: number | null): string {
  if (bytes === null) return "?";
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  const amount = bytes / 1024 ** power;
  return `${power === 0 ? amount : amount.toFixed(1)} ${UNITS[power]}`;
}

/** @returns a duration for people, e.g. `12 ms` or `3.4 s`. */
export function readableMs(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** @returns a number with its noun, e.g. `1 warning`, `2 warnings`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** @returns foreign text on one line, with control and format characters escaped. */
export function printable(text: string): string {
  return escapeInvisible(text.replace(/\s+/g, " "));
}

/** @returns the same with its line breaks and tabs. */
export function printableLines(text: string): string {
  return text.replace(/[^\n\t]+/g, escapeInvisible);
}
