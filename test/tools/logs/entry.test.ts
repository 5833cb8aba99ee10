import { describe, expect, test } from "vitest";
import { entriesOf } from "../../../tools/logs/entry.ts";

const line = { event: "request", time: "2026-11-23T22:00:00.000Z", status: 200 };
const NOON = Date.parse("2026-11-23T12:00:00.000Z");

/** An invocation as `wrangler tail --format json` tells it. */
function invocation(more: object): { json: Record<string, unknown> } {
  return {
    json: {
      outcome: "ok",
      scriptName: "sampan",
      eventTimestamp: NOON,
      event: {
        request: { method: "GET", url: "https://m.example/topsecret/v2/busybox/tags/list" },
      },
      logs: [],
      exceptions: [],
      ...more,
    },
  };
}

test("a line of the Worker by itself", () => {
  const at = Date.parse("2026-11-23T22:00:00.000Z");

  expect(entriesOf({ json: line })).toEqual([{ kind: "line", at, line }]);
});

test("the lines inside an invocation, with its time where they have none", () => {
  const { time, ...untimed } = line;
  const message = [JSON.stringify(line)];
  const logs = [
    { level: "log", message },
    { level: "log", message: [JSON.stringify(untimed)], timestamp: NOON + 5 },
    { level: "log", message: [JSON.stringify(untimed)] },
  ];

  expect(entriesOf(invocation({ logs }))).toEqual([
    { kind: "line", at: Date.parse(time), line },
    { kind: "line", at: NOON + 5, line: untimed },
    { kind: "line", at: NOON, line: untimed },
  ]);
});

test("what else was written to the console is text", () => {
  const logs = [{ level: "warn", message: ["careful", 3, { a: 1 }] }];

  expect(entriesOf(invocation({ logs }))).toEqual([
    { kind: "text", at: NOON, text: "careful" },
    { kind: "text", at: NOON, text: "3" },
    { kind: "text", at: NOON, text: '{"a":1}' },
  ]);
});

test("an invocation that went well and wrote nothing is not shown", () => {
  expect(entriesOf(invocation({}))).toEqual([]);
});

test("an invocation that the platform ended, with what was thrown", () => {
  const exceptions = [{ name: "TypeError", message: "x is not a function", timestamp: NOON }];

  expect(entriesOf(invocation({ outcome: "exception", exceptions }))).toEqual([
    {
      kind: "platform",
      at: NOON,
      outcome: "exception",
      subject: "GET …/tags/list",
      exceptions: ["TypeError: x is not a function"],
    },
  ]);
});

describe("of the URL of an ended invocation nothing is shown that may be a path secret", () => {
  test.each([
    ["https://m.example/topsecret/v2/busybox/manifests/1.30?ns=docker.io", "GET …/manifests/1.30"],
    ["https://m.example/v2/topsecret/busybox/blobs/sha256:ab", "GET …/blobs/sha256:ab"],
    ["https://m.example/topsecret/v2/", "GET …/"],
    ["https://m.example/topsecret", "GET …/"],
    ["https://m.example/v2/x/manifests/topsecret/y", "GET …/"],
  ])("%s", (url, subject) => {
    const event = { request: { method: "GET", url } };

    expect(entriesOf(invocation({ outcome: "exceededCpu", event }))).toEqual([
      { kind: "platform", at: NOON, outcome: "exceededCpu", subject, exceptions: [] },
    ]);
  });
});

test("a schedule that failed is called by its cron", () => {
  const event = { cron: "0 * * * *", scheduledTime: NOON };
  const [entry] = entriesOf(invocation({ outcome: "exception", event }));

  expect(entry).toMatchObject({ subject: "cron 0 * * * *", outcome: "exception" });
});

test("what the tail itself has to say is text", () => {
  const event = { type: "overload", message: "Tail is sampling." };

  expect(entriesOf(invocation({ event }))).toEqual([
    { kind: "text", at: NOON, text: "Tail is sampling." },
  ]);
});

test("a text line is text, an empty one and a request line of wrangler dev are nothing", () => {
  expect(entriesOf({ text: "⎔ Starting" })).toEqual([
    { kind: "text", at: null, text: "⎔ Starting" },
  ]);
  expect(entriesOf({ text: "  " })).toEqual([]);
  expect(entriesOf({ text: "[wrangler:info] GET /topsecret/v2/ 200 OK (3ms)" })).toEqual([]);
});
