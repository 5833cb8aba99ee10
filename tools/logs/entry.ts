import type { Document } from "./documents.ts";

/** A line that the Worker wrote; docs/log.md has its fields. */
export type Line = Readonly<Record<string, unknown>> & { readonly event: string };

/** One thing to show. `at` is in milliseconds since 1970, null if nothing tells. */
export type Entry =
  | { readonly kind: "line"; readonly at: number | null; readonly line: Line }
  /** What the platform says of an invocation that did not go well. */
  | {
      readonly kind: "platform";
      readonly at: number | null;
      readonly outcome: string;
      /** What was asked for, without anything that may be a secret. */
      readonly subject: string;
      readonly exceptions: readonly string[];
    }
  | { readonly kind: "text"; readonly at: number | null; readonly text: string };

/** `wrangler dev` tells of each request as well, with the whole path. */
const REQUEST_OF_WRANGLER = /^\[wrangler:info\] [A-Z]+ \//;

/** @returns what a document has to show: a line of the Worker, or an invocation with all of its. */
export function entriesOf(document: Document): Entry[] {
  if ("text" in document) return textEntries(document.text, null);
  const { json } = document;
  if (isLine(json)) return [{ kind: "line", at: timeOf(json.time), line: json }];
  if (!Array.isArray(json.logs)) return textEntries(JSON.stringify(json), null);
  const at = timeOf(json.eventTimestamp);
  return [...json.logs.flatMap((log) => entriesOfLog(log, at)), ...platformEntries(json, at)];
}

function entriesOfLog(log: unknown, invokedAt: number | null): Entry[] {
  const { message, timestamp } = recordOf(log);
  const at = timeOf(timestamp) ?? invokedAt;
  const parts = Array.isArray(message) ? message : [message];
  return parts.flatMap((part): Entry[] => {
    if (typeof part !== "string") return textEntries(JSON.stringify(part) ?? "", at);
    const line = parseLine(part);
    if (line === null) return textEntries(part, at);
    return [{ kind: "line", at: timeOf(line.time) ?? at, line }];
  });
}

function platformEntries(json: Readonly<Record<string, unknown>>, at: number | null): Entry[] {
  const { outcome, exceptions, event } = json;
  const thrown = Array.isArray(exceptions) ? exceptions.map(describeException) : [];
  const { message } = recordOf(event);
  const notes = typeof message === "string" ? textEntries(message, at) : [];
  if (typeof outcome !== "string" || (outcome === "ok" && thrown.length === 0)) return notes;
  return [
    ...notes,
    { kind: "platform", at, outcome, subject: subjectOf(event), exceptions: thrown },
  ];
}

function describeException(exception: unknown): string {
  const { name, message } = recordOf(exception);
  return `${String(name ?? "Error")}: ${String(message ?? "")}`;
}

/** Of a URL only what cannot hold a path secret: one may stand before the image or in its name. */
function subjectOf(event: unknown): string {
  const { request, cron } = recordOf(event);
  if (typeof cron === "string") return `cron ${cron}`;
  const { method, url } = recordOf(request);
  const [what = ""] = /(manifests|blobs|referrers|tags)\/[^/?]+(?=\?|$)/.exec(String(url)) ?? [];
  return `${String(method ?? "")} …/${what}`.trim();
}

function textEntries(text: string, at: number | null): Entry[] {
  const isNoise = text.trim() === "" || REQUEST_OF_WRANGLER.test(text);
  return isNoise ? [] : [{ kind: "text", at, text }];
}

function parseLine(text: string): Line | null {
  try {
    const json: unknown = JSON.parse(text);
    return isLine(json) ? json : null;
  } catch {
    return null;
  }
}

function isLine(json: unknown): json is Line {
  return typeof recordOf(json).event === "string";
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function timeOf(value: unknown): number | null {
  const ms = typeof value === "string" ? Date.parse(value) : value;
  return typeof ms === "number" && Number.isFinite(ms) ? ms : null;
}
