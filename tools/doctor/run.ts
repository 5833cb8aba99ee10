import { setTimeout as sleep } from "node:timers/promises";
import { printable } from "../readable.ts";
import type { Arguments } from "./arguments.ts";
import {
  type Check,
  CorruptContent,
  type Diagnosis,
  type Finding,
  failed,
  UnexpectedReply,
} from "./check.ts";
import { lock, privateImage, writes } from "./checks/access.ts";
import { identity, login, ping } from "./checks/base.ts";
import { blobs, compression, range, redirects } from "./checks/blobs.ts";
import { cache, freshness, quota, upstream } from "./checks/cache.ts";
import { clock, connection, hostName, latency, tls } from "./checks/connection.ts";
import { manifest, manifestHead, referrers, tags } from "./checks/manifests.ts";
import { bareName, namespace, search } from "./checks/names.ts";
import { diagnoseConnection } from "./diagnosis/connection.ts";
import { diagnoseReply } from "./diagnosis/reply.ts";
import { inspectClients } from "./here/inspect.ts";
import type { Machine } from "./here/machine.ts";
import { createClient, type Timeouts } from "./http/client.ts";
import { ConnectionError } from "./http/connection.ts";
import { createSession, type Limits, type Session, type Tally } from "./session.ts";

/** What the doctor found. */
export interface Examination {
  readonly results: readonly Result[];
  /** Checks that were impossible after a failure. */
  readonly notChecked: readonly string[];
  readonly tally: Tally;
}

export interface Result extends Finding {
  readonly check: string;
}

/** Overrides for tests. */
export interface ExamineOptions {
  readonly timeouts?: Timeouts;
  readonly ca?: string | undefined;
  readonly limits?: Limits;
  now?(): number;
  pause?(ms: number): Promise<void>;
  /** Called with each result as soon as it is there. */
  onResult?(result: Result): void;
}

/** The mirror may wait for its upstream more than once, 10 seconds each. */
export const TIMEOUTS: Timeouts = { connectMs: 10_000, firstByteMs: 30_000, stallMs: 30_000 };
export const LIMITS: Limits = { firstByteMs: 1500, bytesPerSecond: 256 * 1024 };
/** The Worker accepts no shorter path secret. */
const MIN_SECRET_LENGTH = 16;
const CORRUPT_REMEDY =
  "something between the mirror and you changes or truncates content: disable rewriting and compression for this host, or try another network; clients fail on this without trying another registry";

/** In the order in which a pull depends on them. */
export const CHECKS: readonly Check[] = [
  hostName,
  connection,
  tls,
  ping,
  login,
  identity,
  clock,
  lock,
  manifestHead,
  bareName,
  quota,
  upstream,
  freshness,
  manifest,
  cache,
  redirects,
  blobs,
  compression,
  range,
  writes,
  tags,
  referrers,
  namespace,
  search,
  privateImage,
  latency,
];

/** Examines the clients of a machine. No request is sent. */
export function examineClients(given: Arguments, machine: Machine): Examination {
  const results = inspectClients(machine, given.target).map(createResultRedactor(given));
  return { results, notChecked: [], tally: { requests: 0, bytes: 0, pulls: 0 } };
}

/** Runs every check. The results do not contain the path secret or the token. */
export async function examine(
  given: Arguments,
  options: ExamineOptions = {},
): Promise<Examination> {
  const { timeouts = TIMEOUTS, ca, limits = LIMITS, now = Date.now, pause = sleep } = options;
  const client = createClient({ origin: given.target.origin, timeouts, ca });
  const session = createSession(given, { client, limits, now, pause });
  try {
    const redact = createResultRedactor(given);
    const results: Result[] = [];
    const { notChecked } = await runChecks(CHECKS, session, (result) => {
      const redacted = redact(result);
      results.push(redacted);
      options.onResult?.(redacted);
    });
    return { results, notChecked, tally: session.tally };
  } finally {
    client.close();
  }
}

/**
 * Runs the checks in order. A cause that several checks meet is reported by the first: the same
 * error, or another response that needs the same remedy. After a failed gate no other check runs.
 */
export async function runChecks(
  checks: readonly Check[],
  session: Session,
  onResult: (result: Result) => void = () => {},
): Promise<Omit<Examination, "tally">> {
  const results: Result[] = [];
  const notChecked: string[] = [];
  const reported = new Set<unknown>();
  for (const [index, check] of checks.entries()) {
    let finding: Finding | null;
    try {
      finding = await check.run(session);
    } catch (error) {
      const diagnosis = diagnose(error, session);
      if (reported.has(error) || reported.has(diagnosis.remedy)) {
        notChecked.push(check.name);
        continue;
      }
      reported.add(error);
      finding = failed(diagnosis);
    }
    if (finding === null) continue;
    reported.add(finding.level === "failure" ? finding.remedy : null);
    results.push({ check: check.name, ...finding });
    onResult({ check: check.name, ...finding });
    if (finding.level !== "failure" || check.isGate !== true) continue;
    return { results, notChecked: checks.slice(index + 1).map(({ name }) => name) };
  }
  return { results, notChecked };
}

/**
 * @returns a function that replaces each secret with `…`, also in URL encoding and in Base64, which
 * HTTP Basic uses.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const forms = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64"),
  ]);
  // The longest first: one may be part of another.
  const hidden = [...new Set(forms)]
    .filter((form) => form !== "")
    .sort((a, b) => b.length - a.length);
  return (text) => hidden.reduce((shown, form) => shown.replaceAll(form, "…"), text);
}

/** @returns a function that hides the secrets in a result, and escapes what could be foreign. */
export function createResultRedactor(given: Arguments): (result: Result) => Result {
  const hide = createRedactor(secretsIn(given));
  return (result) => ({
    ...result,
    evidence: printable(hide(result.evidence)),
    remedy: result.remedy === null ? null : printable(result.remedy),
  });
}

/** A shorter path is not a secret, but a word such as `secret`, which the doctor uses itself. */
export function secretsIn({ target, user }: Arguments): string[] {
  const { secret } = target;
  const path = secret !== null && secret.length >= MIN_SECRET_LENGTH ? [secret] : [];
  return user === null ? path : [...path, user.token, `${user.name}:${user.token}`];
}

function diagnose(error: unknown, { target }: Session): Diagnosis {
  if (error instanceof ConnectionError) return diagnoseConnection(error, target);
  if (error instanceof UnexpectedReply) return diagnoseReply(error.reply, target);
  if (error instanceof CorruptContent) return { evidence: error.message, remedy: CORRUPT_REMEDY };
  return { evidence: `the doctor itself failed: ${String(error)}`, remedy: "please report it" };
}
