/** A line that the Worker wrote; docs/log.md lists its fields. */
export type Line = Readonly<Record<string, unknown>> & { readonly event: string };

/** One thing to show. `at` is in milliseconds since 1970, null if unknown. */
export type Entry =
  | { readonly kind: "line"; readonly at: number | null; readonly line: Line }
  /** An invocation that failed or was ended by the platform. */
  | {
      readonly kind: "platform";
      readonly at: number | null;
      readonly outcome: string;
      /** The request, without any part that may be a secret. */
      readonly subject: string;
      readonly exceptions: readonly string[];
    }
  | { readonly kind: "text"; readonly at: number | null; readonly text: string };

export const STATUSES = ["ok", "error", "canceled"] as const;
export type Status = (typeof STATUSES)[number];

type Fields = Readonly<Record<string, unknown>>;

/** Bounds an object that never ends. */
const MAX_OBJECT_LINES = 10_000;
/** `wrangler dev` prints a line for each request too, with the whole path. */
const WRANGLER_REQUEST = /^\[wrangler:info\] [A-Z]+ \//;

/**
 * Reads a stream of lines. A JSON object is on one line, as the Worker writes it, or on several
 * from a lone `{` to a lone `}`, as `wrangler tail` prints it. All other lines are text.
 */
export async function* readEntries(lines: AsyncIterable<string>): AsyncGenerator<Entry> {
  let open: string[] = [];
  for await (const line of lines) {
    if (open.length === 0 && line !== "{") {
      yield* parseEntries(line);
      continue;
    }
    open.push(line);
    if (line !== "}" && open.length < MAX_OBJECT_LINES) continue;
    yield* parseEntries(open.join("\n"));
    open = [];
  }
  if (open.length > 0) yield* parseEntries(open.join("\n"));
}

/** @returns the status of an entry. The platform counts errors that the mirror answers as ok. */
export function statusOf(entry: Entry): Status {
  switch (entry.kind) {
    case "text":
      return "ok";
    case "platform":
      return entry.outcome === "canceled" ? "canceled" : "error";
    case "line":
      return isFailure(entry.line) ? "error" : "ok";
  }
}

/** @returns whether a line reports a failure, whatever its event. */
export function isFailure({ event, status, error, reason }: Line): boolean {
  if (typeof error === "string" || typeof reason === "string") return true;
  return event === "cache failed" || Number(status ?? 0) >= 400;
}

function parseEntries(text: string): Entry[] {
  const json = text.trimStart().startsWith("{") ? parseJson(text) : null;
  if (json === null) return textEntries(text, null);
  if (isLine(json)) return [{ kind: "line", at: timeOf(json.time), line: json }];
  const { logs, eventTimestamp } = fieldsOf(json);
  if (!Array.isArray(logs)) return textEntries(JSON.stringify(json), null);
  const at = timeOf(eventTimestamp);
  return [...logs.flatMap((log) => loggedEntries(log, at)), ...platformEntries(fieldsOf(json), at)];
}

/** The entries of one call of `console.log` within an invocation. */
function loggedEntries(log: unknown, invokedAt: number | null): Entry[] {
  const { message, timestamp } = fieldsOf(log);
  const at = timeOf(timestamp) ?? invokedAt;
  return [message].flat().flatMap((part): Entry[] => {
    if (typeof part !== "string") return textEntries(JSON.stringify(part) ?? "", at);
    const line = parseJson(part);
    if (!isLine(line)) return textEntries(part, at);
    return [{ kind: "line", at: timeOf(line.time) ?? at, line }];
  });
}

function platformEntries({ outcome, exceptions, event }: Fields, at: number | null): Entry[] {
  const { message } = fieldsOf(event);
  const notes = typeof message === "string" ? textEntries(message, at) : [];
  const thrown = Array.isArray(exceptions) ? exceptions.map(describeException) : [];
  if (typeof outcome !== "string" || (outcome === "ok" && thrown.length === 0)) return notes;
  const subject = subjectOf(event);
  return [...notes, { kind: "platform", at, outcome, subject, exceptions: thrown }];
}

function describeException(exception: unknown): string {
  const { name, message } = fieldsOf(exception);
  return `${String(name ?? "Error")}: ${String(message ?? "")}`;
}

/** Leaves out the host and the image: a path secret may be before the image or in its name. */
function subjectOf(event: unknown): string {
  const { method, url } = fieldsOf(fieldsOf(event).request);
  const [end = ""] = /(manifests|blobs|referrers|tags)\/[^/?]+(?=\?|$)/.exec(String(url)) ?? [];
  return `${String(method ?? "")} …/${end}`.trim();
}

function textEntries(text: string, at: number | null): Entry[] {
  const isNoise = text.trim() === "" || WRANGLER_REQUEST.test(text);
  return isNoise ? [] : [{ kind: "text", at, text }];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isLine(json: unknown): json is Line {
  return typeof fieldsOf(json).event === "string";
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function timeOf(value: unknown): number | null {
  const ms = typeof value === "string" ? Date.parse(value) : value;
  return typeof ms === "number" && Number.isFinite(ms) ? ms : null;
}
