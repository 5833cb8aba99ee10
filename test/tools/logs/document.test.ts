import { describe, expect, test } from "vitest";
import { record } from "../../../src/access-log.ts";
import type { Env } from "../../../src/env.ts";
import { dataPointOf, type MeasuredRequest } from "../../../src/metrics.ts";
import { createLogEntry } from "../../../src/mirror/log-entry.ts";
import type { Outside } from "../../../src/outside.ts";
import { RegistryError } from "../../../src/protocol/errors.ts";
import { readOwn } from "../../support/repository.ts";

const DOCUMENT = readOwn("docs/log.md");

/** The first column of the table below a heading. */
function firstColumn(heading: string): string[] {
  const [, section = ""] = DOCUMENT.split(`## ${heading}\n`);
  const rows = section.split("\n## ")[0]?.matchAll(/^\| `([^`]+)` \|/gm) ?? [];
  return [...rows].map(([, name = ""]) => name);
}

/** One request through the log, and where metrics go. */
function recorded(): {
  line: Record<string, unknown>;
  point: AnalyticsEngineDataPoint | undefined;
} {
  const lines: Record<string, unknown>[] = [];
  const points: (AnalyticsEngineDataPoint | undefined)[] = [];
  const outside = {
    now: () => 0,
    random: () => 0,
    log: (event: string, fields: object) => void lines.push({ event, ...fields }),
  } as unknown as Outside;
  const METRICS = {
    writeDataPoint: (point?: AnalyticsEngineDataPoint) => void points.push(point),
  };
  const error = new RegistryError("DENIED", "no", { reason: "why" });
  record(outside, { METRICS } as unknown as Env, null, {
    request: new Request("https://mirror.example.com/v2/"),
    from: { address: "203.0.113.7", country: "DE", asn: null },
    entry: { ...createLogEntry(), error },
    response: new Response(null, { status: 403 }),
    upstreamRequests: 0,
    startedAt: 0,
  });
  return { line: lines[0] ?? {}, point: points[0] };
}

test("docs/log.md has every field of a request's line, in its order", () => {
  const fields = Object.keys(recorded().line);

  expect(firstColumn("A request")).toEqual(fields);
});

test("its example has the fields of a success", () => {
  const [, example = "{}"] = /```json\n(\{"event":"request".*\})\n```/.exec(DOCUMENT) ?? [];
  const onFailure = ["error", "message", "reason"];

  const fields = Object.keys(JSON.parse(example));

  expect(fields).toEqual(firstColumn("A request").filter((field) => !onFailure.includes(field)));
});

describe("the columns of metrics", () => {
  const { point } = recorded();
  const columns = firstColumn("Metrics").filter((name) => /^(?:index|blob|double)\d+$/.test(name));

  test("are those of a data point", () => {
    const numbered = (name: string, values: readonly unknown[] = []) =>
      values.map((_, index) => `${name}${index + 1}`);

    expect(columns).toEqual([
      ...numbered("index", point?.indexes),
      ...numbered("blob", point?.blobs),
      ...numbered("double", point?.doubles),
    ]);
  });

  test("have the names of what is measured", () => {
    const request: MeasuredRequest = {
      method: "<method>",
      path: "/x/tags/list",
      lock: "<lock>",
      registry: "<registry>",
      image: "<image>",
      status: 404,
      cache: null,
      bytes: 1,
      ms: 2,
      upstreamRequests: 3,
      error: "<error>",
      country: "<country>",
    };
    const rows = [...DOCUMENT.matchAll(/^\| `(?:blob|double)\d+` \| (\w+) \|/gm)];
    const names = rows.map(([, name]) => name);

    expect(dataPointOf(request).blobs).toEqual([
      "<image>",
      "<registry>",
      "tags",
      "none",
      "4xx",
      "<error>",
      "<lock>",
      "<country>",
      "<method>",
    ]);
    expect(names).toEqual([
      ...["image", "registry", "kind", "outcome", "class", "error", "lock", "country", "method"],
      ...["bytes", "ms", "upstreamRequests", "status"],
    ]);
  });

  test("are the only ones that the queries ask for", () => {
    const queries = [...DOCUMENT.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = ""]) => sql);
    const asked = queries.flatMap((sql) => sql.match(/\b(?:index|blob|double)\d+\b/g) ?? []);

    expect(queries.length).toBeGreaterThanOrEqual(5);
    expect([...new Set(asked)].filter((column) => !columns.includes(column))).toEqual([]);
    expect(queries.every((sql) => sql.includes("_sample_interval"))).toBe(true);
  });
});
