import { styleText } from "node:util";
import type { PullStep } from "../test/support/pull.ts";
import type { ExpectedResult, MeasuredPull } from "./pulls.ts";

interface Cell {
  readonly text: string;
  readonly color?: "dim" | "green" | "yellow";
}

const DIGEST_CHARACTERS = "sha256:".length + 8;
const HOSTS = ["registry", "auth", "storage"] as const;

/** Two pulls side by side: each request of the client, then the upstream requests by host. */
export function reportPulls(pulls: readonly MeasuredPull[]): string {
  const requests = new Map<string, Cell[]>();
  for (const [index, { pulled }] of pulls.entries()) {
    for (const step of pulled.steps) {
      const label = requestLabel(step);
      const cells = requests.get(label) ?? pulls.map(() => ({ text: "–" }));
      cells[index] = responseCell(step);
      requests.set(label, cells);
    }
  }
  const row = (text: string, measure: (measured: MeasuredPull) => string): Cell[] => [
    { text },
    ...pulls.map((measured) => ({ text: measure(measured) })),
  ];
  const heading = ["client request", ...pulls.map(({ title }) => title)];
  return table([
    heading.map((text) => ({ text, color: "dim" })),
    ...[...requests].map(([text, cells]) => [{ text }, ...cells]),
    [],
    ...HOSTS.map((host) =>
      row(`upstream requests: ${host}`, ({ upstream }) =>
        String(upstream.filter((request) => request.host === host).length),
      ),
    ),
    row("quota", ({ quota }) => String(quota)),
    row("duration", ({ ms }) => formatMs(ms)),
  ]);
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

function responseCell({ cacheStatus, ms }: PullStep): Cell {
  const status = cacheStatus ?? "";
  if (status.includes("detail=stale")) {
    return { text: `cache, stale  ${formatMs(ms)}`, color: "yellow" };
  }
  if (status.includes("hit")) return { text: `cache  ${formatMs(ms)}`, color: "green" };
  return { text: `upstream  ${formatMs(ms)}` };
}

function formatMs(ms: number): string {
  return `${Math.max(1, Math.round(ms))} ms`;
}

/** Aligns the columns. Colours are added after padding, since they have no width. */
function table(rows: readonly (readonly Cell[])[]): string {
  const widthOf = (column: number) => Math.max(...rows.map((row) => row[column]?.text.length ?? 0));
  const lines = rows.map((row) =>
    row.map(({ text, color }, column) => {
      const padded = text.padEnd(widthOf(column));
      return color === undefined ? padded : styleText(color, padded);
    }),
  );
  return lines.map((cells) => `  ${cells.join("   ")}`.trimEnd()).join("\n");
}
