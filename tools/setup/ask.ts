import type { Terminal } from "./world.ts";

export interface Question<T> {
  readonly prompt: string;
  /** What Enter stands for, and how it is shown. */
  readonly standard: { readonly value: T; readonly shown: string };
  /** @returns undefined if the answer is none. */
  readonly parse: (answer: string) => T | undefined;
  /** What an answer looks like. */
  readonly hint: string;
}

/** Asks until there is an answer that can be understood. */
export async function ask<T>(terminal: Terminal, question: Question<T>): Promise<T> {
  const { prompt, standard, parse, hint } = question;
  for (;;) {
    const answer = (await terminal.ask(`${prompt} [${standard.shown}] `)).trim();
    if (answer === "") return standard.value;
    const value = parse(answer);
    if (value !== undefined) return value;
    terminal.say(`Please answer with ${hint}.`);
  }
}

/** Asks for yes or no. */
export function askYesNo(terminal: Terminal, prompt: string, standard: boolean): Promise<boolean> {
  return ask(terminal, {
    prompt,
    standard: { value: standard, shown: standard ? "Y/n" : "y/N" },
    parse: parseYesNo,
    hint: "y or n",
  });
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly meaning: string;
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
    hint: `one of ${choices.map(({ value }) => value).join(", ")}, or its number`,
  });
}

function parseYesNo(answer: string): boolean | undefined {
  if (/^y(es)?$/i.test(answer)) return true;
  return /^no?$/i.test(answer) ? false : undefined;
}
