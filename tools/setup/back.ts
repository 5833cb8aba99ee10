import type { Terminal } from "./terminal.ts";

/** The answer that goes back one question. */
const BACK = "<";

/** An answer, with the question that it belongs to. */
interface Given {
  readonly prompt: string;
  readonly answer: string;
}

/** Thrown out of the interview, which then starts again. */
class Back extends Error {
  readonly prompt: string;

  constructor(prompt: string) {
    super();
    this.prompt = prompt;
  }
}

/**
 * Runs an interview in which every question can go back to the one before. The interview is then
 * repeated from its start with the earlier answers, in silence, so it must change nothing.
 */
export async function withBack<T>(
  terminal: Terminal,
  interview: (terminal: Terminal) => Promise<T>,
): Promise<T> {
  const given: Given[] = [];
  for (;;) {
    try {
      return await interview(repeat(terminal, given));
    } catch (error) {
      if (!(error instanceof Back)) throw error;
      // Invalid answers to the question itself do not count as a question before it.
      while (given.at(-1)?.prompt === error.prompt) given.pop();
      given.pop();
    }
  }
}

/** @returns a terminal that gives the earlier answers first, and records the others. */
function repeat(terminal: Terminal, given: Given[]): Terminal {
  let repeated = 0;
  const isSilent = () => repeated < given.length;
  const answered = async (prompt: string, ask: (prompt: string) => Promise<string>) => {
    const earlier = given[repeated];
    if (earlier !== undefined) {
      repeated += 1;
      return earlier.answer;
    }
    const answer = await ask(prompt);
    if (answer.trim() === BACK) throw new Back(prompt);
    given.push({ prompt, answer });
    repeated += 1;
    return answer;
  };
  return {
    ...terminal,
    say: (text) => void (isSilent() || terminal.say(text)),
    showDiff: (text) => void (isSilent() || terminal.showDiff(text)),
    ask: (prompt) => answered(prompt, terminal.ask),
    askSecret: (prompt) => answered(prompt, terminal.askSecret),
  };
}
