import type { Descriptor } from "../image/parts.ts";
import { type Exchange, exchange, type PullStep } from "./exchange.ts";
import { PullError } from "./pull-error.ts";

/** Requests to one registry, each recorded, each answer checked against what points to it. */
export interface Session {
  readonly steps: readonly PullStep[];
  /** What a manifest's reference stands for. */
  head(path: string, accept: string): Promise<Descriptor>;
  /** The bytes of a manifest. */
  manifest(path: string, expected: Descriptor, accept: string): Promise<Uint8Array>;
  /** Reads a blob without keeping it. */
  blob(path: string, expected: Descriptor): Promise<void>;
}

/** Where the requests of a session go, and what they all carry. */
export interface SessionOptions {
  /** Origin of the registry or mirror. */
  readonly registry: string;
  /** Sent with every request to the registry, such as a bearer. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A session without any step yet. Each of its requests rejects with a {@link PullError}. */
export function createSession({ registry, headers, signal }: SessionOptions): Session {
  const steps: PullStep[] = [];

  async function ask(method: string, path: string, extra: Record<string, string>) {
    const chunks: Uint8Array[] = [];
    const isBlob = path.includes("/blobs/");
    const init = {
      method,
      // Compression would change lengths that have to be exact.
      headers: { ...headers, "accept-encoding": "identity", ...extra },
      ...(signal === undefined ? {} : { signal }),
    };
    const keep = (chunk: Uint8Array) => (isBlob ? 0 : chunks.push(chunk));
    const answer = await exchange(new URL(path, registry), init, keep);
    steps.push(answer.step);
    const body = Buffer.concat(chunks);
    if (answer.broken !== null) throw new PullError("broke", answer, body, steps);
    if (answer.step.status !== 200) throw new PullError("was refused", answer, body, steps);
    return { answer, body };
  }

  function verify(answer: Exchange, body: Uint8Array, expected: Descriptor): void {
    const { step, digest } = answer;
    if (step.bytes !== expected.size || lengthOf(answer) !== expected.size) {
      throw new PullError(`is not of ${expected.size} bytes`, answer, body, steps);
    }
    if (digest !== expected.digest) throw new PullError(`hashes to ${digest}`, answer, body, steps);
  }

  return {
    steps,
    async head(path, accept) {
      const { answer, body } = await ask("HEAD", path, { accept });
      const { digest, mediaType, size } = described(answer);
      if (digest !== null && mediaType !== null && size > 0) return { digest, mediaType, size };
      throw new PullError("lacks digest, type or length", answer, body, steps);
    },
    async manifest(path, expected, accept) {
      const { answer, body } = await ask("GET", path, { accept });
      verify(answer, body, expected);
      const { digest, mediaType } = described(answer);
      if (digest === expected.digest && mediaType === expected.mediaType) return body;
      throw new PullError(`says it is ${mediaType} ${digest}`, answer, body, steps);
    },
    async blob(path, expected) {
      const { answer, body } = await ask("GET", path, {});
      verify(answer, body, expected);
    },
  };
}

function described(answer: Exchange) {
  const digest = answer.headers.get("docker-content-digest");
  return { digest, mediaType: answer.headers.get("content-type"), size: lengthOf(answer) };
}

function lengthOf({ headers }: Exchange): number {
  return Number(headers.get("content-length"));
}
