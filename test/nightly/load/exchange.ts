import { once } from "node:events";
import { type Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/** How a client behaves during one request. */
export interface Behaviour {
  /** Between two pieces of the body, in milliseconds; 0 reads as fast as it comes. */
  readonly pauseMs: number;
  /** When it aborts, in milliseconds; null if it does not. */
  readonly leavesAfterMs: number | null;
}

/** One request. */
export interface Sent {
  readonly method: "GET" | "HEAD";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * - `whole`: the answer came in full, whatever its status.
 * - `broken`: the connection broke first.
 * - `left`: the client aborted, as planned.
 * - `hung`: it did not end within {@link LIMIT_MS}.
 */
export type Ending = "whole" | "broken" | "left" | "hung";

/** The response. */
export interface Answer {
  readonly ending: Ending;
  /** 0 if none came. */
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** Milliseconds to the head of the answer; to the end if there is none. */
  readonly headMs: number;
  /** Why the connection broke, if it broke. */
  readonly cause: string | null;
  /** Whether it was sent again on a new connection, because a kept one had just been closed. */
  readonly wasRepeated: boolean;
}

/** More than any request takes that does not hang, on a busy machine. */
export const LIMIT_MS = 45_000;

/**
 * Makes one request; as every HTTP client does, a second time on a new connection where one that
 * was kept is closed before any answer (RFC 9110, 9.2.2). Never rejects, and each ends within
 * {@link LIMIT_MS}.
 */
export async function exchange(agent: Agent, sent: Sent, behaviour: Behaviour): Promise<Answer> {
  const first = await send(agent, sent, behaviour);
  if (!first.wasClosed) return { ...first, wasRepeated: false };
  return { ...(await send(false, sent, behaviour)), wasRepeated: true };
}

async function send(agent: Agent | false, sent: Sent, behaviour: Behaviour) {
  const { method, url, headers } = sent;
  const start = performance.now();
  const leaving = new AbortController();
  const leave = (ending: Ending) => () => leaving.abort(ending);
  const timers = [setTimeout(leave("hung"), LIMIT_MS)];
  if (behaviour.leavesAfterMs !== null)
    timers.push(setTimeout(leave("left"), behaviour.leavesAfterMs));
  const chunks: Buffer[] = [];
  let head = { status: 0, headers: new Headers(), headMs: 0 };
  let ending: Ending = "broken";
  let cause: string | null = null;
  let wasKept = false;
  try {
    const { signal } = leaving;
    const outgoing = request(url, { method, headers, agent, signal }).on("error", (error) => {
      cause = error.message;
      wasKept = outgoing.reusedSocket;
    });
    outgoing.end();
    const [response] = await once(outgoing, "response", { signal });
    const { statusCode: status, headers: received } = response;
    head = { status, headers: new Headers(received), headMs: performance.now() - start };
    for await (const chunk of response) {
      chunks.push(chunk);
      if (behaviour.pauseMs > 0) await pause(behaviour.pauseMs);
    }
    if (response.complete) ending = "whole";
  } catch {
    if (leaving.signal.aborted) ending = leaving.signal.reason;
  }
  for (const timer of timers) clearTimeout(timer);
  const headMs = head.headMs || performance.now() - start;
  const wasClosed = wasKept && ending === "broken" && head.status === 0;
  return { ...head, ending, headMs, cause, wasClosed, body: Buffer.concat(chunks) };
}
