import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hub } from "../support/hub.ts";
import { buildImage } from "../support/image.ts";
import { type Mirror, startMirror } from "../support/mirror.ts";
import { serveHub } from "../support/serve.ts";
import type { Account, Place, Route } from "./client.ts";
import { configOf, PLATFORM } from "./images.ts";

/** How a mirror is locked, and what a client has to open it. */
export interface Lock {
  /** The column of the table in docs/access.md; it has none for an open mirror. */
  readonly title: string;
  /** The settings of the mirror; equal ones are the same object. */
  readonly vars: Readonly<Record<string, string>>;
  readonly hasSecret: boolean;
  /** The client's login at the mirror; null without one. */
  readonly login: Account | null;
  /** Whether it pulls an image that only the upstream's account may pull. */
  readonly isPrivate: boolean;
}

export const SECRET = "5f1e0c2ab34d97865f1e0c2ab34d9786";
export const USER: Account = { user: "carol", password: "2c5f8e21b0a94d37" };
/** An account of the upstream. */
export const ALICE: Account = { user: "alice", password: "alice's passphrase" };

const OPEN = {};
const PATHS = { ACCESS_PATHS: `laptop=${SECRET}` };
const USERS = { ACCESS_USERS: `${USER.user}=${USER.password}` };
const BOTH = { ...PATHS, ...USERS };
const UPSTREAM = { LOGIN: "upstream", LOGIN_KEY: "0123456789abcdef0123456789abcdef" };
const NOTHING = { hasSecret: false, login: null, isPrivate: false };

/** Every kind of lock in docs/access.md, with each thing that opens it. */
export const LOCKS: readonly Lock[] = [
  { ...NOTHING, title: "open", vars: OPEN },
  { ...NOTHING, title: "path secret", vars: PATHS, hasSecret: true },
  { ...NOTHING, title: "user", vars: USERS, login: USER },
  { ...NOTHING, title: "both: path secret", vars: BOTH, hasSecret: true },
  { ...NOTHING, title: "both: user", vars: BOTH, login: USER },
  { ...NOTHING, title: "upstream login: none, public image", vars: UPSTREAM },
  {
    ...{ title: "upstream login: own, private image", vars: UPSTREAM },
    ...{ hasSecret: false, login: ALICE, isPrivate: true },
  },
];

/** Those of the Worker: wrangler adds lines with whole paths. */
const LOG_LINES = /^\{"event":.*$/gm;
/** Every client pulls images of its own. */
const MANY_PULLS = 10_000;

/** An image of the upstream. */
export interface LockedImage {
  readonly repository: string;
  /** Its digest, that of its configuration and that of its layer without compression. */
  readonly marks: readonly string[];
}

/** A mirror for each kind of lock, all of one upstream. */
export interface LocksSetup {
  readonly hub: Hub;
  /** @returns the log lines of all mirrors so far. */
  log(): readonly string[];
  /** @returns an image that nobody has pulled, with the tag `1`. */
  publish(lock: Lock): Promise<LockedImage>;
  /** @returns the mirror's address, with what opens the lock, and a new directory of a client. */
  place(lock: Lock, route: Route): Promise<Place>;
  close(): Promise<void>;
}

/** Starts everything. */
export async function openLocks(): Promise<LocksSetup> {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "sampan-locks-"));
  opened.defer(() => rm(directory, { recursive: true, maxRetries: 5, retryDelay: 200 }));
  const privateRepositories: Record<string, string[]> = {};
  const accounts = { [ALICE.user]: ALICE.password };
  const served = await serveHub({
    ...{ accounts, privateRepositories, hasAccessClaims: true },
    ...{ pullLimit: MANY_PULLS, accountPullLimit: MANY_PULLS },
  });
  opened.defer(served.close);
  const upstream = { UPSTREAM: served.origins.registry, NAMESPACE: "library" };
  const mirrors = new Map<Lock["vars"], Mirror>();
  const start = async (vars: Lock["vars"]) => {
    const mirror = await startMirror({ vars: { ...upstream, ...vars } });
    opened.defer(mirror.close);
    mirrors.set(vars, mirror);
  };
  await Promise.all([...new Set(LOCKS.map(({ vars }) => vars))].map(start));
  let images = 0;
  const closing = opened.move();
  return {
    hub: served.hub,
    log: () => [...mirrors.values()].flatMap((mirror) => mirror.log().match(LOG_LINES) ?? []),
    async publish({ isPrivate }) {
      images += 1;
      const repository = `${isPrivate ? ALICE.user : "library"}/app-${images}`;
      if (isPrivate) privateRepositories[repository] = [ALICE.user];
      const image = await buildImage({
        platforms: [PLATFORM],
        mediaTypes: "docker",
        files: { "etc/name": repository },
      });
      served.hub.push(repository, "1", image);
      const config = configOf(image);
      const { rootfs } = JSON.parse(new TextDecoder().decode(image.blobs.get(config)));
      return { repository, marks: [image.tagDigest, config, ...rootfs.diff_ids] };
    },
    async place({ vars, hasSecret, login }, route) {
      const home = await mkdtemp(join(directory, "home-"));
      const host = `localhost:${new URL(mirrors.get(vars)?.origin ?? "").port}`;
      await mkdir(join(home, ".docker"));
      await writeFile(join(home, ".docker/config.json"), loginFile(host, login));
      return { home, host: hasSecret ? `${host}/${SECRET}` : host, route, login };
    },
    close: () => closing.disposeAsync(),
  };
}

/** As `docker login` leaves it, at the mirror and, with the upstream's account, at Docker Hub. */
function loginFile(host: string, login: Account | null): string {
  const auth = ({ user, password }: Account) => ({
    auth: Buffer.from(`${user}:${password}`).toString("base64"),
  });
  const hub = Object.fromEntries(HUB_KEYS.map((key) => [key, auth(ALICE)]));
  return JSON.stringify({ auths: login === null ? {} : { ...hub, [host]: auth(login) } });
}

/** The names of Docker Hub in login files: Docker's, and that of others. */
const HUB_KEYS = ["https://index.docker.io/v1/", "docker.io"];
