import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { ask, askChoice, askYesNo, openTerminal } from "../../../tools/setup/terminal.ts";
import { textsIn } from "../../../tools/setup/texts.ts";
import { createContext } from "./support/context.ts";

describe("a question", () => {
  const question = {
    prompt: "How many?",
    standard: { value: 1, shown: "1" },
    parse: (answer: string) => (/^\d$/.test(answer) ? Number(answer) : undefined),
    hint: "a digit",
  };

  test("shows its default, which Enter selects", async () => {
    const { terminal, said } = createContext({ answers: ["  "] });
    expect(await ask(terminal, question)).toBe(1);
    expect(said).toEqual(["How many? [1] "]);
  });

  test("is asked again after an invalid answer, with a hint", async () => {
    const { terminal, said } = createContext({ answers: ["many", "7"] });
    expect(await ask(terminal, question)).toBe(7);
    expect(said).toEqual(["How many? [1] ", "Please answer with a digit.", "How many? [1] "]);
  });

  test.each([
    [["y"], true],
    [["Yes"], true],
    [["n"], false],
    [["maybe", "NO"], false],
  ])("with yes or no takes %j as %s", async (answers, expected) => {
    const { terminal } = createContext({ answers });
    expect(await askYesNo(terminal, "Sure?", !expected)).toBe(expected);
  });

  test.each(["none", "NONE", "2"])("with choices takes %s, a word or a number", async (answer) => {
    const choices = [
      { value: "path" as const, meaning: "a secret" },
      { value: "none" as const, meaning: "nothing" },
    ];
    const { terminal, said } = createContext({ answers: ["0", "3", answer] });
    expect(await askChoice(terminal, "Lock", choices, "path")).toBe("none");
    expect(said.slice(0, 3)).toEqual(["  1  path  a secret", "  2  none  nothing", "Lock [path] "]);
  });
});

function open(isTTY: boolean) {
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: () => undefined });
  const output = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  const chunks: string[] = [];
  output.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
  const terminal = openTerminal(
    input as unknown as NodeJS.ReadStream,
    output as unknown as NodeJS.WriteStream,
    textsIn("en"),
    (format, text) => `<${format}>${text}</>`,
  );
  return { input, terminal, shown: () => chunks.join("") };
}

test("each line of a pipe is an answer, even before its question", async () => {
  const { input, terminal, shown } = open(false);
  input.end("one\r\ntwo\n\nlast");
  await new Promise((resolve) => input.once("close", resolve));
  expect(await terminal.ask("A? ")).toBe("one");
  expect(await terminal.askSecret("B? ")).toBe("two");
  expect(await terminal.ask("C? ")).toBe("");
  expect(await terminal.ask("D? ")).toBe("last");
  expect(shown()).toBe("A? \nB? \nC? \nD? \n");
});

test("the end of a pipe is an error that names the unanswered question", async () => {
  const { input, terminal } = open(false);
  input.end("one\n");
  await terminal.ask("A? ");
  await expect(terminal.ask("B? ")).rejects.toThrow("The input ended before an answer to “B?”.");
  await expect(terminal.ask("C? ")).rejects.toMatchObject({ exitCode: 1 });
});

test("typed answers are shown, secret ones are not", async () => {
  const { input, terminal, shown } = open(true);
  const name = terminal.ask("Name? ");
  input.write("alice\r");
  expect(await name).toBe("alice");
  const secret = terminal.askSecret("Token? ");
  input.write("hunter2");
  input.write("\u007f2\r");
  expect(await secret).toBe("hunter2");
  expect(shown()).toContain("alice");
  expect(shown()).toContain("Token? ");
  expect(shown()).not.toMatch(/[hu2]/);
  const next = terminal.ask("Next? ");
  input.write("bob\r");
  expect(await next).toBe("bob");
  expect(shown()).toContain("bob");
  terminal.close();
});

test("a secret is not in the history", async () => {
  const { input, terminal, shown } = open(true);
  const secret = terminal.askSecret("Token? ");
  input.write("hunter2\r");
  await secret;
  const next = terminal.ask("Next? ");
  input.write("\u001b[A\r");
  expect(await next).toBe("");
  expect(shown()).not.toContain("hunter2");
  terminal.close();
});

test("Ctrl-C ends the question and all later ones", async () => {
  const { input, terminal } = open(true);
  const answer = terminal.ask("Name? ");
  input.write("ali\u0003");
  await expect(answer).rejects.toMatchObject({ message: "Interrupted.", exitCode: 130 });
  await expect(terminal.ask("Again? ")).rejects.toMatchObject({ exitCode: 130 });
  terminal.close();
});

test("added lines are green, removed ones red, and all others plain", () => {
  const { terminal, shown } = open(true);
  terminal.showDiff("  …\n- a\n+ b\n  c\n");
  expect(shown()).toBe("  …\n<red>- a</>\n<green>+ b</>\n  c\n\n");
  terminal.close();
});
