import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";
import { Interrupted, type Terminal } from "./world.ts";

/** What a shell reports of a program that Ctrl-C has ended. */
const INTERRUPTED = 130;

/** A terminal, or two pipes: then answers are lines, and may come before they are asked for. */
export interface OpenTerminal extends Terminal {
  close(): void;
}

/** @param output that is shown what is typed only if it is a terminal. */
export function openTerminal(input: NodeJS.ReadStream, output: NodeJS.WriteStream): OpenTerminal {
  const { stream, mute } = createScreen(output);
  const isTerminal = input.isTTY === true && output.isTTY === true;
  const lines = createInterface({ input, output: stream, terminal: isTerminal, historySize: 0 });
  const answers = collectAnswers(lines);
  const ask = (prompt: string) => {
    lines.setPrompt(prompt);
    if (isTerminal) lines.prompt();
    else output.write(`${prompt}\n`);
    return answers.next(prompt);
  };
  return {
    say: (text) => output.write(`${text}\n`),
    ask,
    async askSecret(prompt) {
      const answer = ask(prompt);
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

/** Passes on what readline draws, unless it would draw a secret. */
function createScreen(output: NodeJS.WriteStream) {
  const mute = { isOn: false };
  const stream = new Writable({
    write(chunk, _, done) {
      if (!mute.isOn) output.write(chunk);
      done();
    },
  });
  // Readline wraps long lines by it.
  Object.defineProperty(stream, "columns", { get: () => output.columns });
  return { stream, mute };
}

function collectAnswers(lines: Interface) {
  const early: string[] = [];
  let waiting: PromiseWithResolvers<string> | null = null;
  let ended: ((prompt: string) => Interrupted) | null = null;
  lines.on("line", (line) => {
    if (waiting === null) early.push(line);
    waiting?.resolve(line);
    waiting = null;
  });
  const end = (prompt: string, reason: (prompt: string) => Interrupted) => {
    ended ??= reason;
    waiting?.reject(ended(prompt));
    waiting = null;
  };
  let asked = "";
  lines.on("SIGINT", () => end(asked, () => new Interrupted("Interrupted.", INTERRUPTED)));
  lines.on("close", () => end(asked, endOfInput));
  return {
    next(prompt: string): Promise<string> {
      asked = prompt;
      const line = early.shift();
      if (line !== undefined) return Promise.resolve(line);
      if (ended !== null) return Promise.reject(ended(prompt));
      waiting = Promise.withResolvers();
      return waiting.promise;
    },
  };
}

function endOfInput(prompt: string): Interrupted {
  return new Interrupted(`The input ended before an answer to “${prompt.trim()}”.`, 1);
}
