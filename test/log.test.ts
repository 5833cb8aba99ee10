import { afterEach, describe, expect, test, vi } from "vitest";
import { createLog, describeCause } from "../src/log.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test("one event is one line of JSON on the console", () => {
  const console_ = vi.spyOn(console, "log").mockImplementation(() => {});
  createLog()("request", { path: "/v2/\n", status: 200, isHead: false, cache: null });
  expect(console_.mock.calls).toEqual([
    ['{"event":"request","path":"/v2/\\n","status":200,"isHead":false,"cache":null}'],
  ]);
});

describe("describeCause", () => {
  test.each([
    ["an error", new TypeError("broken"), "TypeError: broken"],
    ["text", "broken", "broken"],
    ["nothing", undefined, "undefined"],
    ["null", null, "null"],
    ["a symbol", Symbol("x"), "Symbol(x)"],
    ["an object", { secret: 1 }, "[object Object]"],
    ["what has no text", Object.create(null), "a thrown object"],
    ["an error without words", new Error(""), "Error: "],
  ])("tells %s", (_, cause, text) => {
    expect(describeCause(cause)).toBe(text);
  });

  test.each([
    [
      "a signed URL",
      "GET https://cdn.example/a/b?sig=SECRET failed",
      "GET https://cdn.example/… failed",
    ],
    ["a URL with a port", "http://127.0.0.1:5000/SECRET", "http://127.0.0.1:5000/…"],
    ["a user and a password", "https://user:SECRET@cdn.example/x", "https://cdn.example/…"],
    ["a query without a path", "https://cdn.example?SECRET", "https://cdn.example/…"],
    ["a fragment", "https://cdn.example#SECRET", "https://cdn.example/…"],
    ["capitals", "HTTPS://cdn.example/SECRET", "https://cdn.example/…"],
    [
      "quotes around",
      'fetch "https://cdn.example/SECRET" failed',
      'fetch "https://cdn.example/…" failed',
    ],
    [
      "two URLs",
      "https://a.example/SECRET https://b.example/SECRET",
      "https://a.example/… https://b.example/…",
    ],
    [
      "a URL inside a query",
      "https://a.example/?u=https://b.example/SECRET",
      "https://a.example/…",
    ],
    ["what is no URL after all", "https://:SECRET/x failed", "… failed"],
    ["several lines", "a\r\n\tb", "a b"],
    ["a bearer token", "authorization: Bearer SECRET", "authorization: Bearer …"],
    ["a password", "basic   SECRET== refused", "basic … refused"],
  ])("cuts down %s", (_, text, expected) => {
    expect(describeCause(text)).toBe(expected);
  });

  test.each([
    ["an apostrophe in its path", "https://cdn.example/it's?sig=SECRET"],
    ["an at sign in its password", "https://user:p@SECRET@cdn.example/x"],
  ])("tells nothing of a URL with %s", (_, text) => {
    expect(describeCause(text)).not.toContain("SECRET");
  });

  test("is 300 characters at most", () => {
    expect(describeCause("x".repeat(100_000)).length).toBe(300);
  });
});
