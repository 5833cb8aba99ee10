import type { Arguments } from "../doctor/arguments.ts";
import { cost, imageText, SIGNS, summary } from "../doctor/report.ts";
import { readableBytes, readableMs } from "../readable.ts";
import type { Exchange } from "./layer.ts";
import type { Pull } from "./pull.ts";
import type { Drill } from "./run.ts";

/** @returns the report in Markdown, to be pasted into an issue; without secrets. */
export function reportMarkdown({ target, image }: Arguments, found: Drill): string {
  const lines = [
    `### Drill of ${target.shown}`,
    "",
    `Image: ${imageText(image)}`,
    "",
    "| request | read | first byte | whole | rate | hits |",
    "|---|--:|--:|--:|--:|--:|",
    ...found.pulls.flatMap((pull, index) => [pullRow(pull, index), ...layerRows(pull)]),
    "",
    "| check | | result |",
    "|---|---|---|",
    ...found.results.map(({ check, level, evidence, remedy }) =>
      row([check, SIGNS[level], remedy === null ? evidence : `${evidence} → ${remedy}`]),
    ),
    "",
    `${summary(found)}. ${cost(found)}.`,
  ];
  return `${lines.join("\n")}\n`;
}

function pullRow(pull: Pull, index: number): string {
  const { bytes, firstByteMs, totalMs, requests, misses } = pull;
  const title = `${index === 0 ? "first" : "second"} pull`;
  const hits = `${requests - misses.length} of ${requests}`;
  return row([title, ...timesOf({ bytes, firstByteMs, totalMs }), hits]);
}

function layerRows({ probes, largest }: Pull): string[] {
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
