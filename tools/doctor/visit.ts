import type { Limits } from "./checks/latency.ts";
import type { Client } from "./http/client.ts";
import type { Reply } from "./http/reply.ts";
import { createLogin, type Login } from "./login.ts";
import type { AskOptions, Question } from "./question.ts";
import { createSamples, type Samples } from "./samples.ts";

/** What came of all requests. */
export interface Tally {
  requests: number;
  bytes: number;
  /** Manifests that were fetched and not in the mirror's cache: each may cost a pull. */
  pulls: number;
}

/** A mirror, and ways to ask it. Everything rejects with Unanswered if there is no answer. */
export interface Visit extends Question, Samples {
  readonly client: Client;
  readonly tally: Tally;
  readonly login: Login;
  /** Asks below the mirror's address, path secret included, with the login that it wants. */
  ask(path: string, options?: AskOptions): Promise<Reply>;
  /** Asks with neither. */
  askBare(path: string, options?: AskOptions): Promise<Reply>;
  readonly limits: Limits;
  now(): number;
  pause(ms: number): Promise<void>;
}

/** The outside world. */
export interface Outside {
  readonly client: Client;
  readonly limits: Limits;
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

/** A page in the mirror's place is told by its beginning. */
const DEFAULT_MAX_BYTES = 256 * 1024;
const HEADERS = {
  "user-agent": "sampan-doctor",
  // Go's clients say this without being asked; who compresses has to be found out.
  "accept-encoding": "gzip",
};

export function createVisit(question: Question, outside: Outside): Visit {
  const { target } = question;
  const { client } = outside;
  const tally: Tally = { requests: 0, bytes: 0, pulls: 0 };
  const base = target.secret === null ? "" : `/${target.secret}`;

  async function askBare(path: string, options: AskOptions = {}): Promise<Reply> {
    const { method = "GET", headers = {}, body = null, maxBytes = DEFAULT_MAX_BYTES } = options;
    const url = new URL(path, target.origin);
    const all = { ...HEADERS, ...headers };
    const reply = await client.send({ method, url, headers: all, body, maxBytes });
    count(tally, reply);
    return reply;
  }

  const askBelow = (path: string, options?: AskOptions) => askBare(`${base}${path}`, options);
  const login = createLogin(question, askBelow, askBare);
  async function ask(path: string, options: AskOptions = {}): Promise<Reply> {
    const authorization = await login.authorization();
    const credentials = authorization === null ? {} : { authorization };
    return askBelow(path, { ...options, headers: { ...credentials, ...options.headers } });
  }
  const samples = createSamples(question, client, ask);
  return { ...question, ...outside, ...samples, tally, login, ask, askBare };
}

function count(tally: Tally, { method, url, status, headers, bytes }: Reply): void {
  tally.requests += 1;
  tally.bytes += bytes.byteLength;
  const isManifest = method === "GET" && status === 200 && url.pathname.includes("/manifests/");
  if (isManifest && !isHit(headers)) tally.pulls += 1;
}

/** @returns whether the mirror answered without asking its upstream. */
export function isHit(headers: Headers): boolean {
  return /\bsampan\s*;\s*hit\b/.test(headers.get("cache-status") ?? "");
}
