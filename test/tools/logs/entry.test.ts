import { describe, expect, test } from "vitest";
import { type Entry, readEntries, statusOf } from "../../../tools/logs/entry.ts";

const LINE = { event: "request", time: "2026-11-23T22:00:00.000Z", status: 200 };
const TEN_PM = Date.parse("2026-11-23T22:00:00.000Z");
const NOON = Date.parse("2026-11-23T12:00:00.000Z");

/** The entries in a stream of this text. */
async function read(text: string): Promise<Entry[]> {
  async function* lines() {
    yield* text.split("\n");
  }
  return Array.fromAsync(readEntries(lines()));
}

/** An invocation as `wrangler tail --format json` prints it, on several lines. */
function invocation(more: object): string {
  const defaults = {
    outcome: "ok",
    scriptName: "sampan",
    eventTimestamp: NOON,
    event: { request: { method: "GET", url: "https://m.example/topsecret/v2/busybox/tags/list" } },
    logs: [],
    exceptions: [],
  };
  return JSON.stringify({ ...defaults, ...more }, null, 4);
}

test("a line of the Worker is an entry with its own time", async () => {
  expect(await read(JSON.stringify(LINE))).toEqual([{ kind: "line", at: TEN_PM, line: LINE }]);
});

test("an invocation holds lines of the Worker, with its time if they have none", async () => {
  const { time: _, ...untimed } = LINE;
  const logs = [
    { level: "log", message: [JSON.stringify(LINE)] },
    { level: "log", message: [JSON.stringify(untimed)], timestamp: NOON + 5 },
    { level: "log", message: [JSON.stringify(untimed)] },
  ];

  expect(await read(invocation({ logs }))).toEqual([
    { kind: "line", at: TEN_PM, line: LINE },
    { kind: "line", at: NOON + 5, line: untimed },
    { kind: "line", at: NOON, line: untimed },
  ]);
});

test("anything else on the console is text", async () => {
  const logs = [{ level: "warn", message: ["careful", 3, { a: 1 }] }];

  expect(await read(invocation({ logs }))).toEqual([
    { kind: "text", at: NOON, text: "careful" },
    { kind: "text", at: NOON, text: "3" },
    { kind: "text", at: NOON, text: '{"a":1}' },
  ]);
});

test("a successful invocation without output is not shown", async () => {
  expect(await read(invocation({}))).toEqual([]);
});

test("an invocation that the platform ended has its exceptions", async () => {
  const exceptions = [{ name: "TypeError", message: "x is not a function", timestamp: NOON }];

  expect(await read(invocation({ outcome: "exception", exceptions }))).toEqual([
    {
      kind: "platform",
      at: NOON,
      outcome: "exception",
      subject: "GET …/tags/list",
      exceptions: ["TypeError: x is not a function"],
    },
  ]);
});

test.each([
  ["https://m.example/topsecret/v2/busybox/manifests/1.30?ns=docker.io", "GET …/manifests/1.30"],
  ["https://m.example/v2/topsecret/busybox/blobs/sha256:ab", "GET …/blobs/sha256:ab"],
  ["https://m.example/topsecret/v2/", "GET …/"],
  ["https://m.example/topsecret", "GET …/"],
  ["https://m.example/v2/x/manifests/topsecret/y", "GET …/"],
])("of the URL %s, only the part without a possible secret is shown", async (url, subject) => {
  const event = { request: { method: "GET", url } };

  expect(await read(invocation({ outcome: "exceededCpu", event }))).toMatchObject([{ subject }]);
});

test("a message of the tail itself is text", async () => {
  const event = { type: "overload", message: "Tail is sampling." };

  expect(await read(invocation({ event }))).toEqual([
    { kind: "text", at: NOON, text: "Tail is sampling." },
  ]);
});

test("text between objects stays in order; empty lines and requests of wrangler dev are dropped", async () => {
  const noise = "  \n[wrangler:info] GET /topsecret/v2/ 200 OK (3ms)";

  const entries = await read(`⎔ Starting\n${invocation({ outcome: "canceled" })}\n${noise}\nbye`);

  expect(entries).toMatchObject([
    { kind: "text", at: null, text: "⎔ Starting" },
    { kind: "platform", outcome: "canceled" },
    { kind: "text", at: null, text: "bye" },
  ]);
});

test.each([['{"event":'], ["{\n  x\n}"], ['"text"'], ['{\n    "outcome": "ok",']])(
  "%j is not an object, but text",
  async (text) => {
    expect(await read(text)).toEqual([{ kind: "text", at: null, text }]);
  },
);

test("an object that never ends is cut off after 10,000 lines", async () => {
  const entries = await read(`{\n${"  x\n".repeat(9_999)}hello`);

  expect(entries).toHaveLength(2);
  expect(entries[1]).toEqual({ kind: "text", at: null, text: "hello" });
});

describe("the status of", () => {
  const line = (fields: object): Entry => ({
    kind: "line",
    at: null,
    line: { event: "request", ...fields },
  });
  const ended = (outcome: string): Entry => ({
    kind: "platform",
    at: null,
    outcome,
    subject: "",
    exceptions: [],
  });

  test.each<[string, Entry, string]>([
    ["a success", line({ status: 200 }), "ok"],
    ["304", line({ status: 304 }), "ok"],
    ["399", line({ status: 399 }), "ok"],
    ["400", line({ status: 400 }), "error"],
    ["a line with an error", line({ status: 200, error: "UNAVAILABLE" }), "error"],
    ["a cache that failed", line({ event: "cache failed" }), "error"],
    ["another event with a reason", line({ event: "other", reason: "Error: x" }), "error"],
    ["another event", line({ event: "other", count: 3 }), "ok"],
    ["an exception", ended("exception"), "error"],
    ["a client that disconnected", ended("canceled"), "canceled"],
    ["text", { kind: "text", at: null, text: "x" }, "ok"],
  ])("%s", (_, entry, status) => {
    expect(statusOf(entry)).toBe(status);
  });
});
