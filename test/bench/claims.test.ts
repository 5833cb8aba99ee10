import { expect, test } from "vitest";
import { CLAIMS, checkClaims, isContradicted } from "../../bench/claims.ts";
import { createFigures } from "../../bench/figures.ts";

const FAR = "Duration of a pull, upstream 200 ms away";
const PASS_THROUGH_MS = 1000;

/** A run in which a pull through this mirror takes so many milliseconds, round by round. */
function runOf(name: "cold" | "warm", mirror: string, rounds: readonly number[]) {
  const figures = createFigures();
  const figure = { section: FAR, name: `${name}, whole pull`, unit: "ms" } as const;
  for (const ms of rounds) {
    figures.add(figure, mirror, ms);
    figures.add(figure, "pass-through", PASS_THROUGH_MS);
  }
  return checkClaims(figures);
}

const resultOf = (results: ReturnType<typeof checkClaims>, text: string) =>
  results.find((result) => result.text === text);

test.each([
  { rounds: [700, 780, 799], isReproduced: false },
  { rounds: [700, 780, 800], isReproduced: true },
  { rounds: [700, 1200], isReproduced: true },
  { rounds: [950, 1200, 990], isReproduced: true },
  { rounds: [951, 1200, 990], isReproduced: false },
])("a figure is contradicted if every round is on one side of its range: $rounds", (example) => {
  const results = runOf("cold", "sampan", example.rounds);
  expect(resultOf(results, "cold pull")?.isReproduced).toBe(example.isReproduced);
  expect(isContradicted(results)).toBe(!example.isReproduced);
});

test("a result has the stated range, the median, and the lowest and highest round", () => {
  expect(resultOf(runOf("cold", "sampan", [840, 1015, 850]), "cold pull")).toEqual({
    ...{ text: "cold pull", stated: "80 to 95 %", measured: "85 % (84 to 101.5)" },
    isReproduced: true,
  });
  expect(resultOf(runOf("warm", "sampan", [51]), "warm pull")).toEqual({
    ...{ text: "warm pull", stated: "at most 5 %", measured: "5.1 %", isReproduced: false },
  });
});

test("what a run did not measure contradicts nothing, and the result says how to include it", () => {
  const results = checkClaims(createFigures());
  expect(isContradicted(results)).toBe(false);
  expect(results.every(({ isReproduced }) => isReproduced === null)).toBe(true);
  const reasonFor = (text: string) => resultOf(results, text)?.measured;
  expect(reasonFor("warm pull")).toBe("left out, needs --readme");
  expect(reasonFor("cold pull, registry:2")).toBe("left out, needs --peer registry:2=URL");
});

test("the other mirrors are compared once they are measured", () => {
  const results = runOf("warm", "registry:2", [240, 260, 250]);
  expect(resultOf(results, "warm pull, registry:2")).toMatchObject({
    ...{ measured: "25 % (24 to 26)", isReproduced: true },
  });
});

test("the number of layers is subtracted from the requests of a pull and the writes to R2", () => {
  const figures = createFigures();
  const name = "cold, single-arch";
  const requests = { section: "Requests of a pull to the mirror", name, unit: "requests" } as const;
  figures.add(requests, "sampan", 9);
  const writes = { section: "R2 writes per pull (class A)", name, unit: "operations" } as const;
  figures.add(writes, "sampan-r2", 11);
  const results = checkClaims(figures).filter(({ isReproduced }) => isReproduced !== null);
  expect(results).toEqual([
    {
      text: "requests of a pull, besides one per layer, one platform",
      ...{ stated: "4", measured: "4", isReproduced: true },
    },
    {
      text: "R2 writes per layer, besides one per image, one platform",
      ...{ stated: "1", measured: "2", isReproduced: false },
    },
  ]);
});

test("each figure has a name of its own", () => {
  expect(new Set(CLAIMS.map(({ text }) => text)).size).toBe(CLAIMS.length);
});
