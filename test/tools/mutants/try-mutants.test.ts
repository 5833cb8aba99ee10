import { expect, test } from "vitest";
import { type Trial, tryMutants } from "../../../tools/mutants/try-mutants.ts";

const FILE = "protocol/cache-status.ts";
const TESTS = ["protocol/cache-status"];
/** Vitest runs three times meanwhile, and tsc once. */
const TIMEOUT_MS = 240_000;

test(
  "a mistake is caught, a change of nothing is lost, what is no program is neither",
  async () => {
    const mistake = { name: "a", file: FILE, from: '"hit"', to: '"miss"', tests: TESTS };
    const nothing = { name: "b", file: FILE, from: "/** How an", to: "/** How any", tests: TESTS };
    const untyped = { name: "c", file: FILE, from: '"hit"', to: "hit", tests: TESTS };
    const nowhere = { name: "d", file: FILE, from: "nowhere", to: "", tests: TESTS };
    const told: Trial[] = [];

    const trials = await tryMutants([mistake, nothing, untyped, nowhere], (one) => told.push(one));

    expect(trials.map(({ mutant, verdict }) => [mutant.name, verdict.kind])).toEqual([
      ["a", "caught"],
      ["b", "lost"],
      ["c", "error"],
      ["d", "error"],
    ]);
    const whys = trials.flatMap(({ verdict }) => (verdict.kind === "error" ? [verdict.why] : []));
    expect(whys[0]).toContain("Cannot find name 'hit'");
    expect(whys[1]).toBe(`"d": what it replaces occurs nowhere in src/${FILE}`);
    expect(told).toHaveLength(4);
  },
  TIMEOUT_MS,
);

test("where a test fails without any mutant, none is tried", async () => {
  const mutant = { name: "e", file: FILE, from: '"hit"', to: '"miss"', tests: ["protocol/none"] };

  await expect(tryMutants([mutant], () => {})).rejects.toThrow("Tests fail without a mutant");
});
