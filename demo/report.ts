import type { PullStep } from "../test/support/pull.ts";
import type { Claim } from "./claims.ts";
import type { Scene } from "./scene.ts";
import type { Style } from "./style.ts";
import { type Cell, table } from "./table.ts";

const DIGEST_CHARACTERS = "sha256:".length + 8;
const HOSTS = ["registry", "auth", "storage"] as const;

/** What the client asked in these pulls, side by side, and who answered. */
export function reportSteps(scenes: readonly Scene[], style: Style): string {
  const asked = new Map<string, (PullStep | null)[]>();
  for (const [index, { pulled }] of scenes.entries()) {
    for (const step of pulled.steps) {
      const key = `${step.method} ${step.path}`;
      const row = asked.get(key) ?? scenes.map(() => null);
      row[index] = step;
      asked.set(key, row);
    }
  }
  const head = ["the client asks", "bytes", ...scenes.map(({ title }) => title)];
  const rows = [...asked.values()].map((steps) => stepRow(steps, style));
  return table([heading(head, style, 1), ...rows]);
}

/** What these pulls sent upstream, host by host, and what they cost. */
export function reportUpstream(scenes: readonly Scene[], style: Style): string {
  const head = ["went upstream to", ...scenes.map(({ title }) => title)];
  const hosts = HOSTS.map((host) => [
    { text: host },
    ...scenes.map(({ upstream }) => number(upstream.filter((sent) => sent.host === host).length)),
  ]);
  const quota = [{ text: "off the quota" }, ...scenes.map(({ pulls }) => number(pulls))];
  const time = [{ text: "took" }, ...scenes.map(({ ms }) => ({ text: millis(ms) }))];
  return table([heading(head, style), ...hosts, quota, time]);
}

/** Each claim on a line, with whether it holds. */
export function reportClaims(claims: readonly Claim[], style: Style): string {
  const line = ({ text, holds }: Claim) =>
    holds ? `  ${style.good("✓")} ${text}` : `  ${style.bad("✗")} ${style.bad(text)}`;
  return claims.map(line).join("\n");
}

function heading(texts: readonly string[], { dim }: Style, numbers?: number): Cell[] {
  return texts.map((text, index) => ({ text, paint: dim, right: index === numbers }));
}

function stepRow(steps: readonly (PullStep | null)[], style: Style): Cell[] {
  const any = steps.find((step) => step !== null);
  if (any === undefined) return [];
  const reference = any.path.split("/").slice(-2).join("/");
  const bytes = any.method === "HEAD" ? "" : any.bytes.toLocaleString("en");
  return [
    { text: `${any.method.padEnd(4)} ${shorten(reference)}` },
    { text: bytes, right: true },
    ...steps.map((step) => answeredBy(step, style)),
  ];
}

function answeredBy(step: PullStep | null, { good, warm }: Style): Cell {
  if (step === null) return { text: "–" };
  const status = step.cacheStatus ?? "";
  const time = millis(step.ms);
  if (status.includes("detail=stale")) return { text: `cache, stale  ${time}`, paint: warm };
  if (status.includes("hit")) return { text: `cache  ${time}`, paint: good };
  return { text: `upstream  ${time}` };
}

function shorten(reference: string): string {
  const [kind = "", name = ""] = reference.split("/");
  return `${kind}/${name.startsWith("sha256:") ? `${name.slice(0, DIGEST_CHARACTERS)}…` : name}`;
}

function number(value: number): Cell {
  return { text: String(value) };
}

function millis(ms: number): string {
  return `${Math.max(1, Math.round(ms))} ms`;
}
