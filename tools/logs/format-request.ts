import type { Style } from "../../demo/style.ts";
import { outcomeOf } from "../../src/metrics.ts";
import { readableBytes, readableMs } from "./amounts.ts";
import type { Line } from "./entry.ts";
import { printable } from "./printable.ts";

const SUBJECT_WIDTH = 44;
const INDENT = " ".repeat("22:00:00  ".length);
const DEFAULT_REGISTRY = "docker.io";
/** Enough to tell digests apart. */
const DIGEST_CHARACTERS = 12;

/** @returns the line of a request without its time; an error has lines of its own below it. */
export function formatRequest(line: Line, style: Style): string {
  const { error, message, reason } = line;
  const main = columns(line, style).join("  ").trimEnd();
  if (error === undefined) return main;
  const told = `${INDENT}${style.bad(text(error))}  ${text(message)}`;
  const why = reason ? [`${INDENT}${style.dim(`reason: ${text(reason)}`)}`] : [];
  return [main, told, ...why].join("\n");
}

function columns(line: Line, style: Style): string[] {
  const status = numberOf(line.status) ?? 0;
  const outcome = outcomeOf(typeof line.cache === "string" ? line.cache : null);
  return [
    statusPaint(status, style)(String(status).padEnd(3)),
    outcomePaint(outcome, style)((outcome === "none" ? "-" : outcome).padEnd(5)),
    text(line.method).padEnd(4),
    subjectOf(line).padEnd(SUBJECT_WIDTH),
    readableBytes(numberOf(line.bytes)).padStart(9),
    readableMs(numberOf(line.ms) ?? 0).padStart(8),
    `${numberOf(line.upstreamRequests) ?? 0} up`.padStart(5),
    style.dim(
      [line.client, line.lock]
        .filter((part) => part)
        .map(text)
        .join("  "),
    ),
  ];
}

function statusPaint(status: number, { good, warm, bad }: Style): (text: string) => string {
  if (status >= 500 || status === 0) return bad;
  return status >= 400 ? warm : good;
}

function outcomePaint(outcome: string, { good, warm }: Style): (text: string) => string {
  if (outcome === "hit") return good;
  return outcome === "stale" || outcome === "quota" ? warm : (text) => text;
}

/** `library/nginx:1.27`, `library/nginx blob 1a2b3c4d5e6f`, or the path of what is no image. */
function subjectOf(line: Line): string {
  const { path, image, registry, reference } = line;
  if (typeof path !== "string") return "(not let in)";
  if (typeof image !== "string") return short(text(path));
  const isElsewhere = typeof registry === "string" && registry !== DEFAULT_REGISTRY;
  const name = text(isElsewhere ? `${registry}/${image}` : image);
  const [, kind = ""] = /\/(manifests|blobs|referrers|tags)\/[^/]+$/.exec(path) ?? [];
  if (kind === "tags") return `${name} tags`;
  const called = short(text(reference));
  if (kind === "blobs") return `${name} blob ${called}`;
  if (kind === "referrers") return `${name} referrers ${called}`;
  return text(reference).includes(":") ? `${name}@${called}` : `${name}:${called}`;
}

/** Cuts every digest in the text down to what people compare. */
function short(text: string): string {
  return text.replace(/sha(?:256|384|512)(?::|%3A)([0-9a-f]+)/gi, (_, hex: string) =>
    hex.slice(0, DIGEST_CHARACTERS),
  );
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function text(value: unknown): string {
  return printable(value === undefined || value === null ? "" : String(value));
}
