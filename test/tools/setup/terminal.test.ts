import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { openTerminal } from "../../../tools/setup/terminal.ts";

function open(isTTY: boolean) {
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: () => undefined });
  const output = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  const chunks: string[] = [];
  output.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
  const terminal = openTerminal(
    input as unknown as NodeJS.ReadStream,
    output as unknown as NodeJS.WriteStream,
  );
  return { input, terminal, shown: () => chunks.join("") };
}

test("answers from a pipe are lines, however early they come", async () => {
  const { input, terminal, shown } = open(false);
  input.end("one\r\ntwo\n\nlast");
  await new Promise((resolve) => input.once("close", resolve));
  expect(await terminal.ask("A? ")).toBe("one");
  expect(await terminal.askSecret("B? ")).toBe("two");
  expect(await terminal.ask("C? ")).toBe("");
  expect(await terminal.ask("D? ")).toBe("last");
  expect(shown()).toBe("A? \nB? \nC? \nD? \n");
});

test("the end of a pipe is told, with the question that has no answer", async () => {
  const { input, terminal } = open(false);
  input.end("one\n");
  await terminal.ask("A? ");
  await expect(terminal.ask("B? ")).rejects.toThrow("The input ended before an answer to “B?”.");
  await expect(terminal.ask("C? ")).rejects.toMatchObject({ exitCode: 1 });
});

test("what is typed is shown, and what is secret is not", async () => {
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

test("a secret is in no history", async () => {
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

test("Ctrl-C ends the question, and every later one", async () => {
  const { input, terminal } = open(true);
  const answer = terminal.ask("Name? ");
  input.write("ali\u0003");
  await expect(answer).rejects.toMatchObject({ message: "Interrupted.", exitCode: 130 });
  await expect(terminal.ask("Again? ")).rejects.toMatchObject({ exitCode: 130 });
  terminal.close();
});
