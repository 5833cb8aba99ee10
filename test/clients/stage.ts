import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { untilBlobsKept } from "../support/mirror/bucket.ts";
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
  /**
   * Ends the upstream for good, registry, token service and storage, and starts the mirror anew at
   * the same place, with what KV and the bucket have and nothing else.
   */
  loseUpstream(): Promise<void>;
  close(): Promise<void>;
}

/** Where miniflare keeps the edge cache, beside KV. */
const EDGE_CACHE = "v3/cache";

/** What clients are logged in with at Docker Hub; nobody but them should ever see it. */
export const LOGIN = { user: "alice", password: "dckr-pat-never-to-be-sent" };

/**
 * Starts everything. Tags are never taken for fresh, so that each pull asks the upstream.
 *
 * @param keepsBlobs whether the mirror has a bucket for layers.
 */
export async function openStage(keepsBlobs = false): Promise<Stage> {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "sampan-clients-"));
  opened.defer(() => rm(directory, { recursive: true, maxRetries: 5, retryDelay: 200 }));
  const upstream = await startUpstream(directory);
  opened.defer(upstream.close);
  const images = await publish(upstream);
  const persistTo = join(directory, "state");
  const vars = { UPSTREAM: upstream.origin, NAMESPACE: "library", TAG_TTL_SECONDS: 0 };
  let mirror = await startMirror({ vars, persistTo, keepsBlobs });
  opened.defer(() => mirror.close());
  const port = Number(new URL(mirror.origin).port);
  const host = `localhost:${port}`;
  const closing = opened.move();
  return {
    ...{ upstream, host, images },
    get mirror() {
      return mirror;
    },
    room: () => furnish(directory, host),
    async loseUpstream() {
      await untilBlobsKept(persistTo, blobsOf(images));
      await mirror.close();
      await upstream.close();
      await rm(join(persistTo, EDGE_CACHE), { recursive: true });
      mirror = await startMirror({ vars, persistTo, keepsBlobs, port });
    },
    close: () => closing.disposeAsync(),
  };
}

function blobsOf({ small, large }: Published): string[] {
  return [...small, large].flatMap(({ image }) => [...image.blobs.keys()]);
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
