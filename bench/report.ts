import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join, relative } from "node:path";
import { checkTargets, findExceeded, readmeClaims } from "./budgets.ts";
import { type Figures, quantile, type Unit } from "./figures.ts";
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
const REFERENCE = "pass-through";
const NOT_MEASURED = "–";
/** Values that depend on the machine: the ratio is more reliable than the value. */
const TIMED: ReadonlySet<Unit> = new Set(["ms", "hits/s", "µs/hit", "MiB/s", "ms/GiB", "MiB"]);

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
  const images = PLOTS.map((plot) => `![${plot.title}](${name}-${plot.name}.svg)`);
  for (const plot of PLOTS) {
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
  const exceeded = findExceeded(figures).map(
    ({ mirror, section, name, value, atMost }) =>
      `- ✗ ${mirror}: ${section}, ${name}: ${value === null ? "not measured" : Number(value.toFixed(2))}, at most ${atMost}`,
  );
  const claims = readmeClaims(figures).map(
    ({ text, value }) => `- ${text}: ${value ?? NOT_MEASURED}`,
  );
  return [
    `# Benchmark${of}, ${info.date.slice(0, 10)}`,
    "Ratios in brackets are to the pass-through in the same run.",
    ...createTables(figures),
    ["## Targets", "", ...targets].join("\n"),
    ["## Budgets", "", ...(exceeded.length === 0 ? ["- ✓ all are met"] : exceeded)].join("\n"),
    [
      "## Figures of the README",
      "",
      "Durations are shares of the pass-through's, with Docker Hub 200 ms away.",
      "",
      ...claims,
    ].join("\n"),
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
      const reference = figures.read(title, name, REFERENCE);
      const cells = mirrors.map((mirror) => {
        const value = figures.read(title, name, mirror);
        if (unit === "ms of CPU") return formatSpread(samples.get(mirror) ?? []);
        const text = formatValue(value, unit);
        if (mirror === REFERENCE || !TIMED.has(unit) || !value || !reference) return text;
        return `${text} (${formatRatio(value / reference)})`;
      });
      return [name, ...cells];
    });
    return `## ${title}\n\n${formatTable([["", ...mirrors], ...rows])}`;
  });
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
  const digits = value < 10 && !Number.isInteger(value) ? 1 : 0;
  const number = value.toLocaleString("en", { maximumFractionDigits: digits });
  return TIMED.has(unit) || unit === "KiB" ? `${number} ${unit}` : number;
}

/** @returns the median and the quartiles, such as `1.23 ms (1.10 to 1.40)`. */
function formatSpread(samples: readonly number[]): string {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(samples, part)?.toFixed(2));
  return middle === undefined ? NOT_MEASURED : `${middle} ms (${low} to ${high})`;
}

/** @returns such as `0.042×` or `3.54×`. */
function formatRatio(ratio: number | null): string {
  return ratio === null ? NOT_MEASURED : `${ratio.toFixed(ratio < 1 ? 3 : 2)}×`;
}
