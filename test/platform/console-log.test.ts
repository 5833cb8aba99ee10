import { afterEach, describe, expect, test, vi } from "vitest";
import { consoleLog } from "../../src/platform/log.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

function lineOf(path: string): string {
  const spy = vi.spyOn(console, "log").mockImplementation(() => {});
  consoleLog("request", { path });
  return String(spy.mock.calls[0]?.[0]);
}

describe("a line of the log", () => {
  test.each([
    ["escape", "\u001b[2J", "\\u001b[2J"],
    ["delete", "a\u007f", "a\\u007f"],
    ["C1 control", "\u009b31m", "\\u009b31m"],
    ["right-to-left override", "a\u202eb", "a\\u202eb"],
    ["isolate", "\u2066x\u2069", "\\u2066x\\u2069"],
    ["zero width space", "a\u200bb", "a\\u200bb"],
    ["byte order mark", "\ufeffa", "\\ufeffa"],
    ["soft hyphen", "a\u00adb", "a\\u00adb"],
    ["tag character outside the BMP", "a\u{e0041}b", "a\\udb40\\udc41b"],
  ])("has no %s, and reads as the same text", (_, path, escaped) => {
    const line = lineOf(path);
    expect(line).toBe(`{"event":"request","path":"${escaped}"}`);
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(JSON.parse(line).path).toBe(path);
  });

  test("has all other characters as they are", () => {
    expect(lineOf("/v2/ä中😀")).toBe('{"event":"request","path":"/v2/ä中😀"}');
  });
});
