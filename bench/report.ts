import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join, relative } from "node:path";
import { checkTargets, findExceeded } from "./budgets.ts";
import { checkClaims } from "./claims.ts";
import { type Figures, formatRange, median, REFERENCE, type Unit } from "./figures.ts";
import { drawPlot, PLOTS } from "./plot.ts";

/** Where and when a run was made. */
export interface RunInfo {
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly seconds: number;
  /** Of the sources; null without git. */
  readonly commit: string | null;
  readonly machine: string;
  /** Load average of the minute before the run. */
  readonly loadBefore: number;
}

const ROOT = join(import.meta.dirname, "..");
const SAVED_FOLDER = "bench/results";
/** Ignored by git. */
const UNSAVED_FOLDER = "dist/bench";
const NOT_MEASURED = "–";
/** Values that depend on the machine: the ratio is more reliable than the value. */
const TIMED: ReadonlySet<Unit> = new Set(["ms", "hits/s", "µs/hit", "MiB/s", "ms/GiB", "MiB"]);
/** Of a difference to the pass-through, which has no ratio to it. */
const CPU_UNIT: Unit = "ms of CPU";

/** Call at the start of a run. @returns describes the run, to be called at its end. */
export function startRun(): () => RunInfo {
  const start = new Date();
  const [loadBefore = 0] = loadavg();
  return () => ({
    date: start.toISOString(),
    seconds: Math.round((Date.now() - start.getTime()) / 1000),
    commit: readCommit(),
    machine: `${cpus().length} cores of ${cpus()[0]?.model ?? "an unknown CPU"}, Node ${process.version}`,
    loadBefore,
  });
}

function readCommit(): string | null {
  try {
    const command = ["rev-parse", "--short", "HEAD"];
    return execFileSync("git", command, { cwd: ROOT, stdio: "pipe" }).toString().trim();
  } catch {
    return null;
  }
}

/**
 * Writes the report and its plots, named after the time of the run.
 *
 * @param isSaved whether they go to bench/results or to a folder that git ignores.
 * @returns the path of the report from the root of the project.
 */
export async function saveReport(
  figures: Figures,
  info: RunInfo,
  isSaved: boolean,
): Promise<string> {
  const folder = join(ROOT, isSaved ? SAVED_FOLDER : UNSAVED_FOLDER);
  await mkdir(folder, { recursive: true });
  const name = info.date.slice(0, 16).replace("T", "-").replace(":", "");
  // A run may leave out what a plot draws.
  const plots = PLOTS.filter(({ label }) => figures.all.some((figure) => label(figure) !== null));
  const images = plots.map((plot) => `![${plot.title}](${name}-${plot.name}.svg)`);
  for (const plot of plots) {
    await writeFile(join(folder, `${name}-${plot.name}.svg`), drawPlot(plot, figures));
  }
  const [title = "", ...rest] = createReport(figures, info);
  const file = join(folder, `${name}.md`);
  await writeFile(file, `${[title, ...images, ...rest].join("\n\n")}\n`);
  return relative(ROOT, file);
}

/** @returns the blocks of the report in Markdown, aligned for a terminal. */
export function createReport(figures: Figures, info: RunInfo): string[] {
  const of = info.commit === null ? "" : ` of ${info.commit}`;
  const targets = checkTargets(figures).map(({ text, ratio, isMet }) => {
    const mark = isMet === null ? NOT_MEASURED : isMet ? "✓" : "✗";
    return `- ${mark} ${text}: ${formatRatio(ratio)}`;
  });
  const budgets = findExceeded(figures).flatMap(({ mirror, section, name, value, atMost }) =>
    value === null
      ? []
      : [`- ✗ ${mirror}: ${section}, ${name}: ${Number(value.toFixed(2))}, at most ${atMost}`],
  );
  const unmeasured = findExceeded(figures).filter(({ value }) => value === null);
  if (unmeasured.length > 0) budgets.push(`- ${NOT_MEASURED} ${unmeasured.length} not measured`);
  return [
    `# Benchmark${of}, ${info.date.slice(0, 10)}`,
    "Values are medians of the rounds. In brackets are the lowest and the highest round; with ×, ratios to the pass-through in the same round: median, lowest and highest. Counts and sizes are exact.",
    ...createTables(figures),
    ["## Targets", "", ...targets].join("\n"),
    ["## Budgets", "", ...(budgets.length === 0 ? ["- ✓ all are met"] : budgets)].join("\n"),
    createClaimTable(figures),
    `${info.seconds} seconds on ${info.machine}. Load before: ${info.loadBefore.toFixed(1)}.`,
  ];
}

/** One table per section: a row for each figure, a column for each mirror that was measured. */
export function createTables(figures: Figures): string[] {
  const titles = [...new Set(figures.all.map(({ section }) => section))];
  return titles.map((title) => {
    const own = figures.all.filter(({ section }) => section === title);
    const mirrors = [...new Set(own.flatMap(({ samples }) => [...samples.keys()]))];
    const rows = own.map(({ name, unit, samples }) => {
      const cells = mirrors.map((mirror) => {
        const hasRatio = TIMED.has(unit) && mirror !== REFERENCE;
        const ratios = hasRatio ? figures.ratios(title, name, mirror) : [];
        return formatCell(samples.get(mirror) ?? [], ratios, unit);
      });
      return [name, ...cells];
    });
    const rounds = own[0]?.samples.values().next().value?.length ?? 0;
    const corner = rounds > 1 ? `${rounds} rounds` : "";
    return `## ${title}\n\n${formatTable([[corner, ...mirrors], ...rows])}`;
  });
}

/** The figures of the README: this run's in the stated range? */
function createClaimTable(figures: Figures): string {
  const rows = checkClaims(figures).map(({ text, stated, measured, isReproduced }) => {
    const outcome = isReproduced === null ? NOT_MEASURED : isReproduced ? "✓" : "✗";
    return [text, stated, measured, outcome];
  });
  return `## Figures of the README

Durations are in percent of the pass-through's, with Docker Hub 200 ms away. A figure is not reproduced (✗) if every round is above the stated range, or every round below it.

${formatTable([["", "stated", "measured", "reproduced"], ...rows])}`;
}

/** @returns such as `55 ms (0.026×, 0.021 to 0.031)`; without ratios, the range of the samples. */
function formatCell(samples: readonly number[], ratios: readonly number[], unit: Unit): string {
  const text = formatValue(median(samples), unit);
  const ratio = median(ratios);
  const notes =
    ratio === null
      ? [formatRange(samples, (sample) => formatNumber(sample, unit))]
      : [formatRatio(ratio), formatRange(ratios, formatRatioNumber)];
  const shown = notes.filter((note) => note !== null);
  return shown.length === 0 ? text : `${text} (${shown.join(", ")})`;
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const [first, ...others] = rows.map((row) => {
    const cells = row.map((text, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? text.padEnd(width) : text.padStart(width);
    });
    return `| ${cells.join(" | ")} |`;
  });
  const rules = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [first, `| ${rules.join(" | ")} |`, ...others].join("\n");
}

/** @returns such as `1,234 hits/s`; counts have no unit. */
export function formatValue(value: number | null, unit: Unit): string {
  if (value === null) return NOT_MEASURED;
  const shown = unit === CPU_UNIT ? "ms" : unit;
  const hasUnit = TIMED.has(unit) || unit === "KiB" || unit === CPU_UNIT;
  return formatNumber(value, unit) + (hasUnit ? ` ${shown}` : "");
}

function formatNumber(value: number, unit: Unit): string {
  if (unit === CPU_UNIT) return value.toFixed(2);
  const digits = value < 10 && !Number.isInteger(value) ? 1 : 0;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

/** @returns such as `0.042×` or `3.54×`. */
function formatRatio(ratio: number | null): string {
  return ratio === null ? NOT_MEASURED : `${formatRatioNumber(ratio)}×`;
}

function formatRatioNumber(ratio: number): string {
  return ratio.toFixed(ratio < 1 ? 3 : 2);
}
