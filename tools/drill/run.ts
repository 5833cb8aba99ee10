import { setTimeout as sleep } from "node:timers/promises";
import type { Arguments } from "../doctor/arguments.ts";
import { lock } from "../doctor/checks/access.ts";
import { identity, login, ping } from "../doctor/checks/base.ts";
import { blobs, compression, range, redirects } from "../doctor/checks/blobs.ts";
import { freshness } from "../doctor/checks/cache.ts";
import { connection, tls } from "../doctor/checks/connection.ts";
import { manifestHead } from "../doctor/checks/manifests.ts";
import { createClient, type Reply } from "../doctor/http/client.ts";
import { ConnectionError } from "../doctor/http/connection.ts";
import {
  createResultRedactor,
  type Examination,
  LIMITS,
  runChecks,
  TIMEOUTS,
} from "../doctor/run.ts";
import { createSession, type Session, type Tally } from "../doctor/session.ts";
import {
  createLayerChecks,
  createPlainHttpCheck,
  createPullChecks,
  createPulls,
} from "./checks.ts";
import type { Pull } from "./pull.ts";

/** What the drill found. */
export interface Drill extends Examination {
  /** The pulls that were made in full: none, the first, or both. */
  readonly pulls: readonly Pull[];
}

/** Overrides for tests. */
export interface DrillOptions {
  readonly ca?: string | undefined;
  /** Where plain http is; port 80 of the mirror's host unless set. */
  readonly plainOrigin?: URL;
  pause?(ms: number): Promise<void>;
}

/** Runs everything. The results do not contain the path secret or the token. */
export async function drill(given: Arguments, options: DrillOptions = {}): Promise<Drill> {
  const { ca, pause = sleep } = options;
  const { origin } = given.target;
  const client = createClient({ origin, timeouts: TIMEOUTS, ca });
  const sessions: Session[] = [];
  const open = () => {
    const session = createSession(given, { client, limits: LIMITS, now: Date.now, pause });
    sessions.push(session);
    return session;
  };
  const pulls = createPulls(open);
  const plainOrigin = options.plainOrigin ?? new URL(`http://${origin.hostname}`);
  const checks = [
    ...[connection, tls, ping, login, identity, lock],
    createPlainHttpCheck(() => fetchPlain(plainOrigin)),
    ...createPullChecks(pulls),
    ...createLayerChecks(pulls),
    ...[manifestHead, freshness, redirects, blobs, compression, range],
  ];
  try {
    const { results, notChecked } = await runChecks(checks, open());
    const redacted = results.map(createResultRedactor(given));
    const tally = sumOf(sessions.map((session) => session.tally));
    return { results: redacted, notChecked, tally, pulls: pulls.made };
  } finally {
    client.close();
  }
}

/** GET of `/v2/`, without secret or login. @returns null if nothing answers. */
async function fetchPlain(origin: URL): Promise<Reply | null> {
  const client = createClient({ origin, timeouts: TIMEOUTS });
  const url = new URL("/v2/", origin);
  const request = { method: "GET", url, headers: {}, body: null, maxBytes: 1024 } as const;
  try {
    return await client.send(request);
  } catch (error) {
    if (error instanceof ConnectionError) return null;
    throw error;
  } finally {
    client.close();
  }
}

function sumOf(tallies: readonly Tally[]): Tally {
  const sum = (name: keyof Tally) => tallies.reduce((total, tally) => total + tally[name], 0);
  return { requests: sum("requests"), bytes: sum("bytes"), pulls: sum("pulls") };
}
