import { availableParallelism } from "node:os";
import { quantileMs } from "./judge.ts";
import { brokenRules } from "./rules.ts";
import type { Outcome } from "./run.ts";

/** The figures of a run, and the rules that it broke. */
export interface Report {
  readonly name: string;
  readonly figures: Readonly<Record<string, number | string>>;
  readonly broken: readonly string[];
}

/** A whole run writes the lines between these of docs/reliability.md. */
export const MARKS = ["<!-- load: begin -->", "<!-- load: end -->"] as const;

const MIB = 1024 * 1024;

/** @returns the figures of a run. */
export function summarize(outcome: Outcome): Report {
  const { name, seconds, images, versions } = outcome;
  const world = { seconds, "images × versions": `${images}, ${versions} versions` };
  const figures = { ...world, ...figuresOfClients(outcome), ...figuresOfServers(outcome) };
  return { name, figures, broken: brokenRules(outcome) };
}

function figuresOfClients({ tally, upstream, budget }: Outcome): Report["figures"] {
  return {
    requests: tally.requests,
    "pulls in full": tally.pulls,
    "pulls refused, cut or left": tally.failedPulls,
    "answers by status": statuses(tally.statuses),
    "bodies verified": tally.verified,
    "MiB verified": Math.round(tally.verifiedBytes / MIB),
    "clients that hung up": tally.left,
    "made again on a new connection": tally.again,
    "blobs cut / resumed whole": `${within(tally.cut, budget.cut)} / ${tally.resumed}`,
    "stale answers, marked as such": tally.stale,
    "faults / outages": `${total(upstream.faults)} / ${upstream.outages}`,
    "ms to the head: median, 99 %, most": [0.5, 0.99, 1]
      .map((share) => quantileMs(tally, share))
      .join(", "),
  };
}

function figuresOfServers(outcome: Outcome): Report["figures"] {
  const { upstream, budget, memory } = outcome;
  const { served, failed } = upstream;
  return {
    "upstream HEADs of tags": within(served.tagHeads, budget.tagHeads),
    quota: within(outcome.quota, budget.quota),
    "upstream tokens": within(served.tokenGets, budget.tokenGets),
    "upstream blobs": within(served.blobGets, budget.blobGets),
    "upstream requests that failed": total(failed),
    "KV writes": within(outcome.kvWrites, budget.kvWrites),
    "R2 writes": outcome.r2Writes,
    "memory MiB: peak, at a third, end": [memory.peakBytes, memory.thirdBytes, memory.endBytes]
      .map((bytes) => Math.round(bytes / MIB))
      .join(", "),
    "images that pull afterwards": within(outcome.recovered, outcome.images),
  };
}

function within(value: number, limit: number): string {
  return `${value} of ${limit}`;
}

/** @returns the runs side by side, as a table of Markdown. */
export function formatTable(reports: readonly Report[]): string {
  const rows = Object.keys(reports[0]?.figures ?? {}).map((figure) => [
    figure,
    ...reports.map(({ figures }) => String(figures[figure])),
  ]);
  const head = ["", ...reports.map(({ name }) => name)];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** @returns the text of the document for runs that broke no rule. */
export function reportOf(reports: readonly Report[]): string {
  const cores = availableParallelism();
  const where = `The last run, on ${cores} cores with the clients and the stand-in, broke no rule:`;
  return `${where}\n\n${formatTable(reports)}`;
}

function statuses(counts: Readonly<Record<number, number>>): string {
  return Object.entries(counts)
    .map(([status, count]) => `${status === "0" ? "none" : status}: ${count}`)
    .join(", ");
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
