import type { Exchange, PullStep } from "./exchange.ts";

/** Why a pull failed, and after which steps. */
export class PullError extends Error {
  override readonly name = "PullError";
  /** The status of the answer that it failed on; 0 when there was none. */
  readonly status: number;
  readonly headers: Headers;
  /** The body of an answer that is no blob. */
  readonly body: string;
  readonly steps: readonly PullStep[];

  constructor(what: string, answer: Exchange, body: Uint8Array, steps: readonly PullStep[]) {
    const { method, path, status, bytes } = answer.step;
    const text = new TextDecoder().decode(body);
    super(`${method} ${path} ${what} (${status}, ${bytes} bytes) ${text}`, {
      cause: answer.broken,
    });
    this.status = status;
    this.headers = answer.headers;
    this.body = text;
    this.steps = steps;
  }
}
