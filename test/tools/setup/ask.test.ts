import { expect, test } from "vitest";
import { ask, askChoice, askYesNo } from "../../../tools/setup/ask.ts";
import { createWorld } from "./support/world.ts";

const question = {
  prompt: "How many?",
  standard: { value: 1, shown: "1" },
  parse: (answer: string) => (/^\d$/.test(answer) ? Number(answer) : undefined),
  hint: "a digit",
};
const choices = [
  { value: "path" as const, meaning: "a secret" },
  { value: "none" as const, meaning: "nothing" },
];

test("Enter takes the default, which is shown", async () => {
  const { terminal, said } = createWorld({ answers: ["  "] });
  expect(await ask(terminal, question)).toBe(1);
  expect(said).toEqual(["How many? [1] "]);
});

test("an answer that is none is asked for again, with a hint", async () => {
  const { terminal, said } = createWorld({ answers: ["many", "7"] });
  expect(await ask(terminal, question)).toBe(7);
  expect(said).toEqual(["How many? [1] ", "Please answer with a digit.", "How many? [1] "]);
});

test.each([
  ["y", true],
  ["Yes", true],
  ["n", false],
  ["NO", false],
])("%s is yes or no", async (answer, is) => {
  const { terminal } = createWorld({ answers: [answer] });
  expect(await askYesNo(terminal, "Sure?", !is)).toBe(is);
});

test("maybe is neither yes nor no", async () => {
  const { terminal, said } = createWorld({ answers: ["maybe", ""] });
  expect(await askYesNo(terminal, "Sure?", false)).toBe(false);
  expect(said[1]).toBe("Please answer with y or n.");
});

test.each(["none", "NONE", "2"])("%s is a choice, by word or number", async (answer) => {
  const { terminal, said } = createWorld({ answers: ["0", "3", answer] });
  expect(await askChoice(terminal, "Lock", choices, "path")).toBe("none");
  expect(said.slice(0, 3)).toEqual(["  1  path  a secret", "  2  none  nothing", "Lock [path] "]);
});
