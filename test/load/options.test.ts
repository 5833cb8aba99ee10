import { expect, test } from "vitest";
import { isFull, type Options, parseOptions } from "./options.ts";

test("a run without arguments is the whole test, whatever its chances", () => {
  expect(parseOptions([])).toMatchObject({ seconds: 120, clients: 500, images: 50 });
  expect(isFull(parseOptions([]) as Options)).toBe(true);
  expect(isFull(parseOptions(["--seed", "7"]) as Options)).toBe(true);
});

test.each([
  ["--seconds", "20"],
  ["--clients", "100"],
  ["--images", "20"],
])("%s %s makes a slice of it", (...args) => {
  expect(isFull(parseOptions(args) as Options)).toBe(false);
});

test.each([[["--seconds", "1"]], [["--clients", "many"]], [["--fast"]]])(
  "%j makes no sense",
  (args) => {
    expect(parseOptions(args)).toBeNull();
  },
);
