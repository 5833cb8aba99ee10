import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";
import { type Paint, printableLines } from "../readable.ts";
import type { Texts } from "./texts.ts";

/** The terminal, as far as questions need it. */
export interface Terminal {
  /** In the user's language. */
  readonly texts: Texts;
  say(text: string): void;
  /** Says lines that begin with `+` or `-`, in colour. */
  showDiff(text: string): void;
  /** @throws Interrupted on Ctrl-C, and when the input has ended. */
  ask(prompt: string): Promise<string>;
  /** The same, without showing what is typed. */
  askSecret(prompt: string): Promise<string>;
  /** Ends the questions, so that another program can read the input. `say` still works. */
  close(): void;
}

/** Ctrl-C, or the end of the input. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

export interface Question<T> {
  readonly prompt: string;
  /** The value that Enter selects, and its text in the prompt. */
  readonly standard: { readonly value: T; readonly shown: string };
  /** @returns undefined if the answer is invalid. */
  readonly parse: (answer: string) => T | undefined;
  /** Describes a valid answer. */
  readonly hint: string;
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly meaning: string;
}

/** The exit code that shells report for a program ended by Ctrl-C. */
const SIGINT_EXIT_CODE = 130;

/** Asks until the answer is valid. */
export async function ask<T>(terminal: Terminal, question: Question<T>): Promise<T> {
  const { prompt, standard, parse, hint } = question;
  for (;;) {
    const answer = (await terminal.ask(`${prompt} [${standard.shown}] `)).trim();
    if (answer === "") return standard.value;
    const value = parse(answer);
    if (value !== undefined) return value;
    terminal.say(terminal.texts.answerWith(hint));
  }
}

export function askYesNo(terminal: Terminal, prompt: string, standard: boolean): Promise<boolean> {
  return ask(terminal, {
    prompt,
    standard: { value: standard, shown: standard ? "Y/n" : "y/N" },
    parse(answer) {
      if (/^y(es)?$/i.test(answer)) return true;
      return /^no?$/i.test(answer) ? false : undefined;
    },
    hint: terminal.texts.yesOrNo,
  });
}

/** Asks for one of several words, or its number. */
export function askChoice<T extends string>(
  terminal: Terminal,
  prompt: string,
  choices: readonly Choice<T>[],
  standard: T,
): Promise<T> {
  const width = Math.max(...choices.map(({ value }) => value.length));
  for (const [index, { value, meaning }] of choices.entries()) {
    terminal.say(`  ${index + 1}  ${value.padEnd(width)}  ${meaning}`);
  }
  return ask(terminal, {
    prompt,
    standard: { value: standard, shown: standard },
    parse: (answer) =>
      choices.find(({ value }, at) => [value, String(at + 1)].includes(answer.toLowerCase()))
        ?.value,
    hint: terminal.texts.oneOf(choices.map(({ value }) => value).join(", ")),
  });
}

/**
 * Opens a terminal, or two pipes: then each line is an answer, and may arrive before its question.
 * Close it at the end, or the process stays alive.
 */
export function openTerminal(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  texts: Texts,
  paint: Paint,
): Terminal {
  const { stream, mute } = createScreen(output);
  const isTerminal = input.isTTY === true && output.isTTY === true;
  const lines = createInterface({ input, output: stream, terminal: isTerminal, historySize: 0 });
  const answers = collectAnswers(lines, texts);
  const askOnce = (prompt: string) => {
    lines.setPrompt(printableLines(prompt));
    if (isTerminal) lines.prompt();
    else output.write(`${printableLines(prompt)}\n`);
    return answers.next(prompt);
  };
  // Names of secrets, errors of wrangler and files come from outside.
  const say = (text: string) => void output.write(`${printableLines(text)}\n`);
  return {
    texts,
    say,
    showDiff: (text) => {
      const lines = printableLines(text).split("\n");
      output.write(`${lines.map((line) => paintLine(line, paint)).join("\n")}\n`);
    },
    ask: askOnce,
    async askSecret(prompt) {
      const answer = askOnce(prompt);
      mute.isOn = true;
      try {
        return await answer;
      } finally {
        mute.isOn = false;
        if (isTerminal) output.write("\n");
      }
    },
    close: () => lines.close(),
  };
}

function paintLine(line: string, paint: Paint): string {
  if (line.startsWith("+")) return paint("green", line);
  return line.startsWith("-") ? paint("red", line) : line;
}

/** Passes on what readline draws, except while a secret is typed. */
function createScreen(output: NodeJS.WriteStream) {
  const mute = { isOn: false };
  const stream = new Writable({
    write(chunk, _, done) {
      if (!mute.isOn) output.write(chunk);
      done();
    },
  });
  // Readline wraps long lines at this width.
  Object.defineProperty(stream, "columns", { get: () => output.columns });
  return { stream, mute };
}

function collectAnswers(lines: Interface, texts: Texts) {
  const early: string[] = [];
  let waiting: PromiseWithResolvers<string> | null = null;
  let lastPrompt = "";
  let ended: ((prompt: string) => Interrupted) | null = null;
  const end = (reason: (prompt: string) => Interrupted) => {
    ended ??= reason;
    waiting?.reject(ended(lastPrompt));
    waiting = null;
  };
  lines.on("line", (line) => {
    if (waiting === null) early.push(line);
    waiting?.resolve(line);
    waiting = null;
  });
  lines.on("SIGINT", () => end(() => new Interrupted(texts.interrupted, SIGINT_EXIT_CODE)));
  lines.on("close", () => end((prompt) => new Interrupted(texts.inputEnded(prompt.trim()), 1)));
  return {
    next(prompt: string): Promise<string> {
      lastPrompt = prompt;
      const line = early.shift();
      if (line !== undefined) return Promise.resolve(line);
      if (ended !== null) return Promise.reject(ended(prompt));
      waiting = Promise.withResolvers();
      return waiting.promise;
    },
  };
}
