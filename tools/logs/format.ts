import { type Paint, printable, readableBytes, readableMs } from "../readable.ts";
import { type Entry, isFailure, type Line } from "./entry.ts";

/** How entries are shown; times are local unless a zone is given. */
export interface FormatOptions {
  readonly paint: Paint;
  readonly timeZone?: string;
}

const MEANING: Readonly<Record<string, string>> = {
  exception: "the Worker threw an exception: please report it",
  exceededCpu: "CPU time limit exceeded; the free plan has 10 ms per request",
  exceededMemory: "memory limit of 128 MB exceeded",
  canceled: "the client disconnected",
  responseStreamDisconnected: "the client disconnected before the end of the response",
  scriptNotFound: "no such Worker is deployed",
};
const SUBJECT_WIDTH = 44;
const INDENT = " ".repeat("22:00:00  ".length);
const DEFAULT_REGISTRY = "docker.io";
const DOCKER_HUB_HOST = "registry-1.docker.io";
/** Enough to compare digests. */
const DIGEST_CHARACTERS = 12;

/** @returns an entry as one or more lines, without a line break at the end. */
export function format(entry: Entry, { paint, timeZone }: FormatOptions): string {
  const time = paint("dim", clock(entry.at, timeZone));
  switch (entry.kind) {
    case "text":
      return `${time}  ${paint("dim", printable(entry.text))}`;
    case "platform":
      return `${time}  ${formatPlatform(entry, paint)}`;
    case "line":
      return entry.line.event === "request"
        ? `${time}  ${formatRequest(entry.line, paint)}`
        : `${time}  ${formatEvent(entry.line, paint)}`;
  }
}

function formatPlatform(entry: Entry & { kind: "platform" }, paint: Paint): string {
  const { outcome, subject, exceptions } = entry;
  const head = [printable(outcome), printable(subject), MEANING[outcome]]
    .filter((part) => part)
    .join("  ");
  const colour = /canceled|Disconnected/.test(outcome) ? "yellow" : "red";
  return [head, ...exceptions.map((text) => `${INDENT}${printable(text)}`)]
    .map((line) => paint(colour, line))
    .join("\n");
}

/** Events other than requests, such as `cache failed`: the name and the fields. */
function formatEvent({ event, time: _, ...fields }: Line, paint: Paint): string {
  const pairs = Object.entries(fields).map(([key, value]) => `${key}=${quoted(value)}`);
  const text = printable([event, ...pairs].join("  "));
  return isFailure({ event, ...fields }) ? paint("red", text) : text;
}

function quoted(value: unknown): string {
  return typeof value === "string" && /^\S+$/.test(value) ? value : JSON.stringify(value);
}

/** One line; the error, its message and its reason follow on lines of their own. */
function formatRequest(line: Line, paint: Paint): string {
  const { error, message, reason } = line;
  const main = requestColumns(line, paint).join("  ").trimEnd();
  if (error === undefined) return main;
  const failure = `${INDENT}${paint("red", text(error))}  ${text(message)}`;
  const cause = reason ? [`${INDENT}${paint("dim", `reason: ${text(reason)}`)}`] : [];
  return [main, failure, ...cause].join("\n");
}

function requestColumns(line: Line, paint: Paint): string[] {
  const status = numberIn(line.status) ?? 0;
  const origin = [line.client, line.lock, viaOf(line)].filter((part) => part).map(text);
  return [
    paint(statusColour(status), String(status).padEnd(3)),
    cacheColumn(line.cache, paint),
    text(line.method).padEnd(4),
    subjectOf(line).padEnd(SUBJECT_WIDTH),
    readableBytes(numberIn(line.bytes)).padStart(9),
    readableMs(numberIn(line.ms) ?? 0).padStart(8),
    `${numberIn(line.upstreamRequests) ?? 0} up`.padStart(5),
    paint("dim", origin.join("  ")),
  ];
}

function statusColour(status: number): "green" | "yellow" | "red" {
  if (status >= 500 || status === 0) return "red";
  return status >= 400 ? "yellow" : "green";
}

/** `Cache-Status` (RFC 9211) in one word. */
function cacheColumn(status: unknown, paint: Paint): string {
  if (typeof status !== "string") return "-".padEnd(5);
  if (/;\s*detail=stale\b/.test(status)) return paint("yellow", "stale");
  return /;\s*hit\b/.test(status) ? paint("green", "hit".padEnd(5)) : "miss".padEnd(5);
}

/** `library/nginx:1.27`, `library/nginx blob 1a2b3c4d5e6f`, or the path if there is no image. */
function subjectOf({ path, image, registry, reference }: Line): string {
  if (typeof path !== "string") return "(access denied)";
  if (typeof image !== "string") return shortened(path);
  const isDefault = typeof registry !== "string" || registry === DEFAULT_REGISTRY;
  const name = text(isDefault ? image : `${registry}/${image}`);
  const [, kind = ""] = /\/(manifests|blobs|referrers|tags)\/[^/]+$/.exec(path) ?? [];
  if (kind === "tags") return `${name} tags`;
  const label = shortened(reference);
  if (kind === "blobs") return `${name} blob ${label}`;
  if (kind === "referrers") return `${name} referrers ${label}`;
  return `${name}${text(reference).includes(":") ? "@" : ":"}${label}`;
}

/** @returns the upstream that answered, unless it is the registry itself. */
function viaOf({ registry, upstream }: Line): string | null {
  if (typeof upstream !== "string") return null;
  const isItself = upstream === (registry === DEFAULT_REGISTRY ? DOCKER_HUB_HOST : registry);
  return isItself ? null : `via ${upstream}`;
}

/** Shortens every digest in the text. */
function shortened(value: unknown): string {
  return text(value).replace(/sha(?:256|384|512)(?::|%3A)([0-9a-f]+)/gi, (_, hex: string) =>
    hex.slice(0, DIGEST_CHARACTERS),
  );
}

function numberIn(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function text(value: unknown): string {
  return printable(value === undefined || value === null ? "" : String(value));
}

function clock(at: number | null, timeZone: string | undefined): string {
  if (at === null) return "--:--:--";
  return new Date(at).toLocaleTimeString("en-GB", timeZone === undefined ? {} : { timeZone });
}
