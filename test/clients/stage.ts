import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Mirror, startMirror } from "../support/mirror.ts";
import { type Published, publish } from "./images.ts";
import { startUpstream, type Upstream } from "./upstream/upstream.ts";

/** The mirror between an upstream with images and a place for clients. */
export interface Stage {
  readonly upstream: Upstream;
  readonly mirror: Mirror;
  /** Host and port of the mirror, as it stands in front of an image. */
  readonly host: string;
  readonly images: Published;
  /** A new directory that a client may fill. */
  room(): Promise<string>;
  close(): Promise<void>;
}

/** What clients are logged in with at Docker Hub; nobody but them should ever see it. */
export const LOGIN = { user: "alice", password: "dckr-pat-never-to-be-sent" };

/** Starts everything. Tags are never taken for fresh, so that each pull asks the upstream. */
export async function openStage(): Promise<Stage> {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "sampan-clients-"));
  opened.defer(() => rm(directory, { recursive: true, maxRetries: 5, retryDelay: 200 }));
  const upstream = await startUpstream(directory);
  opened.defer(upstream.close);
  const images = await publish(upstream);
  const vars = { UPSTREAM: upstream.origin, NAMESPACE: "library", TAG_TTL_SECONDS: 0 };
  const mirror = await startMirror({ vars });
  opened.defer(mirror.close);
  const host = `localhost:${new URL(mirror.origin).port}`;
  const closing = opened.move();
  return {
    ...{ upstream, mirror, host, images },
    room: () => furnish(directory, host),
    close: () => closing.disposeAsync(),
  };
}

/** @returns a new directory with a login at Docker Hub and at the mirror. */
export async function furnish(directory: string, host: string): Promise<string> {
  const room = await mkdtemp(join(directory, "room-"));
  await mkdir(join(room, ".docker"));
  await writeFile(join(room, ".docker/config.json"), loginFile(host));
  return room;
}

/** As `docker login` leaves it, at Docker Hub and at the mirror. */
function loginFile(host: string): string {
  const auth = Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString("base64");
  const hosts = ["https://index.docker.io/v1/", "docker.io", host];
  return JSON.stringify({ auths: Object.fromEntries(hosts.map((name) => [name, { auth }])) });
}
