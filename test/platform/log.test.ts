import { afterEach, expect, test, vi } from "vitest";
import { consoleLog, describeCause } from "../../src/platform/log.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test("consoleLog writes an event as one line of JSON", () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  consoleLog("request", { path: "/v2/\n", status: 200, isHead: false, cache: null });
  expect(log.mock.calls).toEqual([
    ['{"event":"request","path":"/v2/\\n","status":200,"isHead":false,"cache":null}'],
  ]);
});

test("consoleLog escapes characters that could rearrange the line in a terminal", () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const visible = "a\u00E9\u4E2D \u{1F433}";
  // ESC, DEL, CSI, a right-to-left override, a zero-width space, a byte order mark, a language tag.
  const invisible = "\u001B\u007F\u009B\u202E\u200B\uFEFF\u{E0001}";
  consoleLog("request", { path: `${visible}${invisible}` });
  const line = String(log.mock.calls[0]?.[0]);
  expect(line).toBe(
    `{"event":"request","path":"${visible}\\u001b\\u007f\\u009b\\u202e\\u200b\\ufeff\\udb40\\udc01"}`,
  );
  expect(JSON.parse(line).path).toBe(`${visible}${invisible}`);
});

test.each([
  [new TypeError("broken"), "TypeError: broken"],
  [new Error(""), "Error"],
  ["broken", "broken"],
  [undefined, "undefined"],
  [null, "null"],
  [Symbol("x"), "Symbol(x)"],
  [{ secret: 1 }, "[object Object]"],
])("describeCause describes anything that was thrown (%#)", (cause, text) => {
  expect(describeCause(cause)).toBe(text);
});

test.each([
  ["GET https://cdn.example/a/b?sig=SECRET failed", "GET https://cdn.example/… failed"],
  ["http://127.0.0.1:5000/SECRET", "http://127.0.0.1:5000/…"],
  ["https://user:SECRET@cdn.example/x", "https://cdn.example/…"],
  ["https://cdn.example?SECRET", "https://cdn.example/…"],
  ["https://cdn.example#SECRET", "https://cdn.example/…"],
  ["HTTPS://cdn.example/SECRET", "https://cdn.example/…"],
  ['fetch "https://cdn.example/SECRET" failed', 'fetch "https://cdn.example/…" failed'],
  ["https://a.example/SECRET https://b.example/SECRET", "https://a.example/… https://b.example/…"],
  ["https://a.example/?u=https://b.example/SECRET", "https://a.example/…"],
  ["https://cdn.example/it's?sig=SECRET", "https://cdn.example/…"],
  ["https://user:p@SECRET@cdn.example/x", "https://cdn.example/…"],
  ["https://:SECRET/x failed", "… failed"],
  ["authorization: Bearer SECRET", "authorization: Bearer …"],
  ["basic   SECRET== refused", "basic … refused"],
  ["several\r\n\tlines", "several lines"],
])("describeCause removes secrets and line breaks: %j", (text, expected) => {
  expect(describeCause(text)).toBe(expected);
});

test("describeCause returns at most 300 characters", () => {
  expect(describeCause("x".repeat(100_000))).toBe("x".repeat(300));
});
