import { once } from "node:events";
import { type Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/** How a client behaves during one request. */
export interface Manner {
  /** Between two pieces of the body, in milliseconds; 0 reads as fast as it comes. */
  readonly pauseMs: number;
  /** When it hangs up, in milliseconds; null if it stays. */
  readonly leavesAfterMs: number | null;
}

/** One request. */
export interface Question {
  readonly method: "GET" | "HEAD";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * - `whole`: the answer came in full, whatever its status.
 * - `broken`: the connection broke first.
 * - `left`: the client hung up, as it was to.
 * - `hung`: it did not end within {@link LIMIT_MS}.
 */
export type Ending = "whole" | "broken" | "left" | "hung";

/** What came back. */
export interface Answer {
  readonly ending: Ending;
  /** 0 when no answer came. */
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** Milliseconds to the head of the answer; to the end where there was none. */
  readonly headMs: number;
  /** Why the connection broke, if it broke. */
  readonly cause: string | null;
  /** Whether it came on a new connection, since a kept one had just been closed. */
  readonly isSecond: boolean;
}

/** More than any request takes that does not hang, on a machine with other things to do. */
export const LIMIT_MS = 45_000;

/**
 * Makes one request; as every HTTP client does, a second time on a new connection where one that
 * was kept is closed before any answer (RFC 9110, 9.2.2). Never rejects, and each ends within
 * {@link LIMIT_MS}.
 */
export async function ask(agent: Agent, question: Question, manner: Manner): Promise<Answer> {
  const first = await send(agent, question, manner);
  if (!first.wasClosed) return { ...first, isSecond: false };
  return { ...(await send(false, question, manner)), isSecond: true };
}

async function send(agent: Agent | false, question: Question, manner: Manner) {
  const { method, url, headers } = question;
  const start = performance.now();
  const leaving = new AbortController();
  const leave = (ending: Ending) => () => leaving.abort(ending);
  const timers = [setTimeout(leave("hung"), LIMIT_MS)];
  if (manner.leavesAfterMs !== null) timers.push(setTimeout(leave("left"), manner.leavesAfterMs));
  const chunks: Buffer[] = [];
  let seen = { status: 0, headers: new Headers(), headMs: 0 };
  let ending: Ending = "broken";
  let cause: string | null = null;
  let wasKept = false;
  try {
    const { signal } = leaving;
    const sent = request(url, { method, headers, agent, signal }).on("error", (error) => {
      cause = error.message;
      wasKept = sent.reusedSocket;
    });
    sent.end();
    const [response] = await once(sent, "response", { signal });
    const { statusCode: status, headers: told } = response;
    seen = { status, headers: new Headers(told), headMs: performance.now() - start };
    for await (const chunk of response) {
      chunks.push(chunk);
      if (manner.pauseMs > 0) await pause(manner.pauseMs);
    }
    if (response.complete) ending = "whole";
  } catch {
    if (leaving.signal.aborted) ending = leaving.signal.reason;
  }
  for (const timer of timers) clearTimeout(timer);
  const headMs = seen.headMs || performance.now() - start;
  const wasClosed = wasKept && ending === "broken" && seen.status === 0;
  return { ...seen, ending, headMs, cause, wasClosed, body: Buffer.concat(chunks) };
}
