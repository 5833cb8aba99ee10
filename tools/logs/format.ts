import type { Style } from "../../demo/style.ts";
import type { Entry, Line } from "./entry.ts";
import { isFailure } from "./filter.ts";
import { formatRequest } from "./format-request.ts";
import { printable } from "./printable.ts";

/** How times are shown; the machine's own zone unless said. */
export interface FormatOptions {
  readonly style: Style;
  readonly timeZone?: string;
}

const MEANING: Readonly<Record<string, string>> = {
  exception: "the Worker threw: please report it",
  exceededCpu: "over the plan's CPU time; the free plan has 10 ms for each request",
  exceededMemory: "over the 128 MB of an isolate",
  canceled: "the client went away",
  responseStreamDisconnected: "the client went away before the end",
  scriptNotFound: "no such Worker is deployed",
};

/** @returns an entry as it is shown, on one line or more, without a line break at its end. */
export function format(entry: Entry, { style, timeZone }: FormatOptions): string {
  const time = style.dim(clock(entry.at, timeZone));
  switch (entry.kind) {
    case "text":
      return `${time}  ${style.dim(printable(entry.text))}`;
    case "platform":
      return `${time}  ${formatPlatform(entry, style)}`;
    case "line":
      return entry.line.event === "request"
        ? `${time}  ${formatRequest(entry.line, style)}`
        : `${time}  ${formatEvent(entry.line, style)}`;
  }
}

function formatPlatform(entry: Entry & { kind: "platform" }, style: Style): string {
  const { outcome, subject, exceptions } = entry;
  const meaning = MEANING[outcome];
  const head = [outcome, printable(subject), meaning].filter((part) => part).join("  ");
  const paint = /canceled|Disconnected/.test(outcome) ? style.warm : style.bad;
  return [head, ...exceptions.map((text) => `          ${printable(text)}`)].map(paint).join("\n");
}

/** Other events, such as `cache failed`, `sweep` and `warm`: a name and its fields. */
function formatEvent(line: Line, style: Style): string {
  const { event: name, time: _, ...fields } = line;
  const texts = Object.entries(fields).map(([key, value]) => `${key}=${valueText(value)}`);
  const text = printable([name, ...texts].join("  "));
  return isFailure(line) ? style.bad(text) : text;
}

function valueText(value: unknown): string {
  return typeof value === "string" && /^\S+$/.test(value) ? value : JSON.stringify(value);
}

function clock(at: number | null, timeZone: string | undefined): string {
  if (at === null) return "--:--:--";
  return new Date(at).toLocaleTimeString("en-GB", timeZone === undefined ? {} : { timeZone });
}
