import { describe, expect, test } from "vitest";
import { isWholeLoad, type Options, parseOptions } from "./options.ts";

describe("the arguments of a nightly run", () => {
  test("may be none: then it is faults and stories with a random seed", () => {
    expect(parseOptions([])).toMatchObject({ parts: ["faults", "stories"], pulls: 200 });
    expect(parseOptions([])?.seed).not.toBe(parseOptions([])?.seed);
  });

  test("name its parts and its seed", () => {
    expect(parseOptions(["soak", "load", "--seed", "7"])).toMatchObject({
      ...{ parts: ["load", "soak"], seed: 7 },
      ...{ seconds: 120, clients: 500, images: 50 },
    });
  });

  test.each([
    ["--seconds", "20"],
    ["--clients", "100"],
    ["--images", "20"],
  ])("make a load test a slice by %s %s", (...args) => {
    expect(isWholeLoad(parseOptions(["load"]) as Options)).toBe(true);
    expect(isWholeLoad(parseOptions(["load", ...args]) as Options)).toBe(false);
  });

  test.each([[["--seconds", "1"]], [["--clients", "many"]], [["--seed", "0"]], [["everything"]]])(
    "are invalid if they are %j",
    (args) => {
      expect(parseOptions(args)).toBeNull();
    },
  );
});
