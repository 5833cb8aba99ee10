import { describe, expect, test } from "vitest";
import { errorAnswer } from "../../../src/mirror/answer.ts";
import { createRequestRecord } from "../../../src/mirror/request-record.ts";
import type { Platform } from "../../../src/platform/platform.ts";
import { RegistryError } from "../../../src/protocol/errors.ts";
import { logRequest } from "../../../src/request-log.ts";
import { EDGE_FAILURES } from "../../../src/upstream/connection-failure.ts";
import { readOwn } from "../../support/repository.ts";

const DOCUMENT = readOwn("docs/log.md");

describe("docs/log.md", () => {
  const { line, point } = logFailure();

  test("has every field of a request's line, in its order", () => {
    expect(firstColumn("A request")).toEqual(Object.keys(line));
  });

  test("has an example with the fields of a success", () => {
    const [, example = "{}"] = /```json\n(\{"event":"request".*\})\n```/.exec(DOCUMENT) ?? [];
    const { error: _, message: __, reason: ___, ...success } = line;
    expect(Object.keys(JSON.parse(example))).toEqual(Object.keys(success));
  });

  test("has every column of a data point, in its order", () => {
    const { indexes = [], blobs = [], doubles = [] } = point;
    expect(columns().map(([column]) => column)).toEqual([
      ...indexes.map((_, index) => `index${index + 1}`),
      ...blobs.map((_, index) => `blob${index + 1}`),
      ...doubles.map((_, index) => `double${index + 1}`),
    ]);
  });

  test("names each column after its value", () => {
    const values = [...(point.indexes ?? []), ...(point.blobs ?? []), ...(point.doubles ?? [])];
    const named = columns().map(([, name], index) => [name, values[index]]);
    expect(named).toEqual([
      ["image", "<image>"],
      ["image", "<image>"],
      ["registry", "<registry>"],
      ["kind", "tags"],
      ["outcome", "none"],
      ["class", "4xx"],
      ["error", "DENIED"],
      ["lock", "<lock>"],
      ["country", "DE"],
      ["method", "POST"],
      ["bytes", 87],
      ["ms", 2],
      ["upstreamRequests", 3],
      ["status", 403],
    ]);
  });

  test("has every kind of a failed connection, with its status", () => {
    const [, section = ""] = DOCUMENT.split("### Connections\n");
    const [table = ""] = section.split("\n## ");
    const kinds = Object.entries(EDGE_FAILURES).flat();
    expect(kinds.filter((text) => !table.includes(text))).toEqual([]);
  });

  test("has queries that use only these columns and account for sampling", () => {
    const queries = [...DOCUMENT.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = ""]) => sql);
    const known = columns().map(([column]) => column);
    const used = queries.flatMap((sql) => sql.match(/\b(?:index|blob|double)\d+\b/g) ?? []);
    expect(queries.length).toBeGreaterThanOrEqual(5);
    expect(used.filter((column) => !known.includes(column))).toEqual([]);
    expect(queries.filter((sql) => !sql.includes("_sample_interval"))).toEqual([]);
  });
});

/** Logs a request that fails. @returns its line and its data point. */
function logFailure() {
  const lines: object[] = [];
  const points: AnalyticsEngineDataPoint[] = [];
  const log = (event: string, fields: object) => lines.push({ event, ...fields });
  const platform = { now: () => 2, random: () => 0, log } as unknown as Platform;
  const metrics = {
    writeDataPoint: (point: AnalyticsEngineDataPoint) => points.push(point),
  } as unknown as AnalyticsEngineDataset;
  const request = new Request("https://mirror.example.com/v2/", { method: "POST" });
  const error = new RegistryError("DENIED", "no", { reason: "why" });
  const record = Object.assign(createRequestRecord(request, 0), {
    ...{ kind: "tags", lock: "<lock>", registry: "<registry>", image: "<image>", error },
    client: { address: "203.0.113.7", country: "DE", asn: null },
  });
  record.upstream.requests = 3;
  logRequest(platform, metrics, null, record, errorAnswer(error, "/v2/<image>/tags/list"));
  return { line: lines[0] as Record<string, unknown>, point: points[0] ?? {} };
}

/** @returns the first column of the first table below a heading. */
function firstColumn(heading: string): string[] {
  const [, section = ""] = DOCUMENT.split(`## ${heading}\n`);
  const [table = ""] = /(?:^\|.*\n)+/m.exec(section) ?? [];
  return [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = ""]) => name);
}

/** @returns the columns of a data point with their names. */
function columns(): [column: string, name: string][] {
  const rows = DOCUMENT.matchAll(/^\| `((?:index|blob|double)\d+)` \| (\w+) \|/gm);
  return [...rows].map(([, column = "", name = ""]) => [column, name]);
}
