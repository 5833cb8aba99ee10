import type { Arguments } from "../doctor/arguments.ts";
import { counted, readableBytes, readableMs } from "../readable.ts";
import type { DrillArguments } from "./arguments.ts";
import type { Exchange } from "./layer.ts";
import type { Pull } from "./pull.ts";
import type { Drill } from "./run.ts";

const SIGNS = { ok: "✓", warning: "!", failure: "✗" } as const;

/** @returns the report in Markdown, to be pasted into an issue; without secrets. */
export function reportMarkdown({ small, large }: DrillArguments, found: Drill): string {
  const { tally, results, notChecked } = found;
  const count = (level: string) => results.filter((result) => result.level === level).length;
  const lines = [
    `### Drill of ${small.target.shown}`,
    "",
    `Small: ${nameOf(small)}. Large: ${nameOf(large)}.`,
    "",
    "| pull | read | first byte | whole | rate | hits |",
    "|---|--:|--:|--:|--:|--:|",
    ...found.small.map((pull, index) => pullRow("small", pull, index)),
    ...found.large.flatMap((pull, index) => [pullRow("large", pull, index), ...layerRows(pull)]),
    "",
    "| check | | result |",
    "|---|---|---|",
    ...results.map(({ check, level, evidence, remedy }) =>
      row([check, SIGNS[level], remedy === null ? evidence : `${evidence} → ${remedy}`]),
    ),
    "",
    `${count("ok")} ok, ${counted(count("warning"), "warning")}, ${counted(count("failure"), "failure")}${notChecked.length === 0 ? "" : `; not checked: ${notChecked.join(", ")}`}. ` +
      `${counted(tally.requests, "request")}, ${readableBytes(tally.bytes)} read, ${counted(tally.pulls, "pull")} used.`,
  ];
  return `${lines.join("\n")}\n`;
}

function nameOf({ image }: Arguments): string {
  return `${image.name}${image.reference.includes(":") ? "@" : ":"}${image.reference}`;
}

function pullRow(size: string, pull: Pull, index: number): string {
  const { bytes, firstByteMs, totalMs, requests, misses } = pull;
  const title = `${size} image, ${index === 0 ? "first" : "second"} pull`;
  const hits = `${requests - misses.length} of ${requests}`;
  return row([title, ...timesOf({ bytes, firstByteMs, totalMs }), hits]);
}

function layerRows({ probes, largest }: Pull): string[] {
  if (probes === null) return [];
  const size = readableBytes(largest.size);
  const one = (title: string, exchange: Exchange) =>
    row([`… ${title}`, ...timesOf(exchange), exchange.isHit ? "hit" : "miss"]);
  return [
    one("HEAD of the largest layer", probes.head),
    one("a part of it", probes.piece),
    one(`all of it, ${size}, broken off and resumed`, probes.resumed),
  ];
}

function timesOf({ bytes, firstByteMs, totalMs }: Omit<Exchange, "isHit">): string[] {
  const rate = totalMs === 0 || bytes === 0 ? "–" : `${readableBytes((bytes / totalMs) * 1000)}/s`;
  return [readableBytes(bytes), readableMs(firstByteMs), readableMs(totalMs), rate];
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
