import { styleText } from "node:util";
import type { PullStep } from "../test/support/pull.ts";
import type { ExpectedResult, MeasuredPull } from "./pulls.ts";

const LABEL_WIDTH = 46;
const COLUMN_WIDTH = 24;
const DIGEST_CHARACTERS = "sha256:".length + 8;
const HOSTS = ["registry", "auth", "storage"] as const;

/** Two pulls side by side: each request of the client, then the upstream requests by host. */
export function reportPulls(pulls: readonly MeasuredPull[]): string {
  const requests = new Map<string, string[]>();
  for (const [index, { pulled }] of pulls.entries()) {
    for (const step of pulled.steps) {
      const label = requestLabel(step);
      const cells = requests.get(label) ?? pulls.map(() => column("–"));
      cells[index] = responseCell(step);
      requests.set(label, cells);
    }
  }
  const cells = (measure: (measured: MeasuredPull) => number | string) =>
    pulls.map((measured) => column(String(measure(measured))));
  const upstream = HOSTS.map((host) => {
    const count = cells(
      (measured) => measured.upstream.filter((sent) => sent.host === host).length,
    );
    return row(`upstream requests: ${host}`, count);
  });
  return [
    styleText(
      "dim",
      row(
        "client request",
        cells(({ title }) => title),
      ),
    ),
    ...[...requests].map(([label, responses]) => row(label, responses)),
    "",
    ...upstream,
    row(
      "quota",
      cells(({ quota }) => quota),
    ),
    row(
      "duration",
      cells(({ ms }) => formatMs(ms)),
    ),
  ].join("\n");
}

/** One line per expected result, marked as met or not. */
export function reportResults(results: readonly ExpectedResult[]): string {
  const line = ({ text, isMet }: ExpectedResult) =>
    isMet ? `  ${styleText("green", "✓")} ${text}` : `  ${styleText("red", `✗ ${text}`)}`;
  return results.map(line).join("\n");
}

function requestLabel({ method, path, bytes }: PullStep): string {
  const [kind, name = ""] = path.split("/").slice(-2);
  const isDigest = name.startsWith("sha256:");
  const reference = isDigest ? `${name.slice(0, DIGEST_CHARACTERS)}…` : name;
  const size = method === "HEAD" ? "" : `, ${bytes.toLocaleString("en")} bytes`;
  return `${method.padEnd(4)} ${kind}/${reference}${size}`;
}

function responseCell({ cacheStatus, ms }: PullStep): string {
  const time = formatMs(ms);
  if (cacheStatus?.includes("detail=stale"))
    return styleText("yellow", column(`cache, stale  ${time}`));
  if (cacheStatus?.includes("hit")) return styleText("green", column(`cache  ${time}`));
  return column(`upstream  ${time}`);
}

function row(label: string, cells: readonly string[]): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${cells.join("")}`.trimEnd();
}

/** Pads a cell. Colours are added afterwards, since they have no width. */
function column(text: string): string {
  return text.padEnd(COLUMN_WIDTH);
}

function formatMs(ms: number): string {
  return `${Math.max(1, Math.round(ms))} ms`;
}
