import { type Paint, printable, readableBytes, readableMs } from "../readable.ts";
import { type Entry, isFailure, type Line } from "./entry.ts";

/** How entries are shown; times are local unless a zone is given. */
export interface FormatOptions {
  readonly paint: Paint;
  readonly timeZone?: string;
  /** Columns of the terminal; unlimited if absent, as for a file or a pipe. */
  readonly width?: number;
}

const MEANING: Readonly<Record<string, string>> = {
  exception: "the Worker threw an exception: please report it",
  exceededCpu: "CPU time limit exceeded; the free plan has 10 ms per request",
  exceededMemory: "memory limit of 128 MB exceeded",
  canceled: "the client disconnected",
  responseStreamDisconnected: "the client disconnected before the end of the response",
  scriptNotFound: "no such Worker is deployed",
};
/** The longest usual name; a narrow terminal has less for it. */
const SUBJECT_WIDTH = 44;
/** A shorter subject names no image, so the line wraps instead. */
const MIN_SUBJECT_WIDTH = 20;
const INDENT = " ".repeat("22:00:00  ".length);
const DEFAULT_REGISTRY = "docker.io";
const DOCKER_HUB_HOST = "registry-1.docker.io";
/** Enough to compare digests. */
const DIGEST_CHARACTERS = 12;

/** @returns an entry as one or more lines, without a line break at the end. */
export function format(entry: Entry, options: FormatOptions): string {
  const { paint, timeZone, width = Number.POSITIVE_INFINITY } = options;
  const time = paint("dim", clock(entry.at, timeZone));
  const fold = (text: string) => foldText(text, width - INDENT.length);
  switch (entry.kind) {
    case "text":
      return `${time}  ${paint("dim", fold(printable(entry.text)))}`;
    case "platform":
      return `${time}  ${formatPlatform(entry, paint, fold)}`;
    case "line":
      return entry.line.event === "request"
        ? `${time}  ${formatRequest(entry.line, paint, width - INDENT.length, fold)}`
        : `${time}  ${formatEvent(entry.line, paint, fold)}`;
  }
}

/** Folds text to a width; each further line starts below the first. */
type Fold = (text: string) => string;

/** @returns the text with line breaks at spaces; a longer word is broken anywhere. */
function foldText(text: string, width: number): string {
  if (text.length <= width || width < MIN_SUBJECT_WIDTH) return text;
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width);
    const end = space > 0 ? space : width;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest].join(`\n${INDENT}`);
}

function formatPlatform(entry: Entry & { kind: "platform" }, paint: Paint, fold: Fold): string {
  const { outcome, subject, exceptions } = entry;
  const head = [printable(outcome), printable(subject), MEANING[outcome]]
    .filter((part) => part)
    .join("  ");
  const colour = /canceled|Disconnected/.test(outcome) ? "yellow" : "red";
  return [fold(head), ...exceptions.map((text) => `${INDENT}${fold(printable(text))}`)]
    .map((line) => paint(colour, line))
    .join("\n");
}

/** Events other than requests, such as `cache failed`: the name and the fields. */
function formatEvent({ event, time: _, ...fields }: Line, paint: Paint, fold: Fold): string {
  const pairs = Object.entries(fields).map(([key, value]) => `${key}=${quoted(value)}`);
  const text = fold(printable([event, ...pairs].join("  ")));
  return isFailure({ event, ...fields }) ? paint("red", text) : text;
}

function quoted(value: unknown): string {
  return typeof value === "string" && /^\S+$/.test(value) ? value : JSON.stringify(value);
}

/** One line; the error, its message and its reason follow on lines of their own. */
function formatRequest(line: Line, paint: Paint, width: number, fold: Fold): string {
  const { error, message, reason } = line;
  const main = requestColumns(line, paint, width).join("  ").trimEnd();
  if (error === undefined) return main;
  const code = text(error);
  const failure = fold(`${code}  ${text(message)}`).replace(code, () => paint("red", code));
  const cause = reason ? [`${INDENT}${paint("dim", fold(`reason: ${text(reason)}`))}`] : [];
  return [main, `${INDENT}${failure}`, ...cause].join("\n");
}

/** A narrow terminal first loses the client and its lock, then the end of the subject. */
function requestColumns(line: Line, paint: Paint, width: number): string[] {
  const status = numberIn(line.status) ?? 0;
  const origin = [line.client, line.lock, viaOf(line)]
    .filter((part) => part)
    .map(text)
    .join("  ");
  const numbers = [
    readableBytes(numberIn(line.bytes)).padStart(9),
    readableMs(numberIn(line.ms) ?? 0).padStart(8),
    `${numberIn(line.upstreamRequests) ?? 0} up`.padStart(5),
  ];
  const available = width - ["200", "stale", "HEAD", "", ...numbers].join("  ").length;
  const subject = subjectOf(line);
  const subjectWidth = Math.min(SUBJECT_WIDTH, Math.max(available, MIN_SUBJECT_WIDTH));
  const isFit = Math.max(subject.length, subjectWidth) + "  ".length + origin.length <= available;
  return [
    paint(statusColour(status), String(status).padEnd(3)),
    cacheColumn(line.cache, paint),
    text(line.method).padEnd(4),
    (isFit ? subject : shortenedTo(subject, available)).padEnd(subjectWidth),
    ...numbers,
    isFit ? paint("dim", origin) : "",
  ];
}

/** Leaves out the middle: a tag at the end says more than a path in front of it. */
function shortenedTo(subject: string, width: number): string {
  const most = Math.max(width, MIN_SUBJECT_WIDTH);
  if (subject.length <= most) return subject;
  const end = Math.floor((most - 1) / 2);
  return `${subject.slice(0, most - 1 - end)}…${subject.slice(subject.length - end)}`;
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
