import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildImage } from "../support/image.ts";
import { startMirror } from "../support/mirror.ts";
import { pull } from "../support/pull.ts";
import { here, missingOn, startDaemon } from "./machine.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

const MISSING = missingOn(here, ["usr/bin/docker-registry", "usr/bin/openssl"]);

/** docker-registry as a cache of another registry. @returns its origin. */
async function startCache(parent: string, name: string, remoteurl: string) {
  const work = join(parent, name);
  await mkdir(work);
  const port = await freePort();
  const file = join(work, "config.json");
  const config = {
    version: 0.1,
    log: { level: "warn", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(work, "registry") } },
    http: { addr: `127.0.0.1:${port}`, secret: "one instance" },
    proxy: { remoteurl },
  };
  await writeFile(file, JSON.stringify(config));
  const argv = ["docker-registry", "serve", file];
  const daemon = await startDaemon({
    ...{ machine: here, work, argv },
    listens: { host: "127.0.0.1", port },
  });
  return { origin: `http://127.0.0.1:${port}`, stop: daemon.stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe.skipIf(MISSING.length > 0)("docker-registry as a cache", () => {
  const opened = new AsyncDisposableStack();
  let upstream: Upstream;
  let origins: { mirror: string; behind: string; before: string };
  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), "sampan-chains-"));
    opened.defer(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
    upstream = await startUpstream(directory);
    opened.defer(upstream.close);
    const behind = await startCache(directory, "behind", upstream.origin);
    opened.defer(behind.stop);
    const mirror = await startMirror({ vars: { UPSTREAM: behind.origin, NAMESPACE: "library" } });
    opened.defer(mirror.close);
    const before = await startCache(directory, "before", mirror.origin);
    opened.defer(before.stop);
    origins = { mirror: mirror.origin, behind: behind.origin, before: before.origin };
  });
  afterAll(() => opened.disposeAsync());

  test.each(["docker", "oci"] as const)(
    "behind the mirror and before it serves %s images, and again while the upstream refuses everyone",
    async (mediaTypes) => {
      const platforms = ["linux/amd64", "linux/arm64"];
      const image = await buildImage({ platforms, mediaTypes, layerBytes: 2_000_000 });
      const name = `library/${mediaTypes}`;
      await upstream.push(name, image, ["1"]);
      // The mirror completes a bare name; docker-registry does not.
      for (const [registry, repository] of [
        [origins.before, name],
        [origins.mirror, mediaTypes],
      ] as const) {
        const pulled = await pull({ registry, image: `${repository}:1` });
        expect(pulled.digest).toBe(image.tagDigest);
      }
      await upstream.whileRefusing(async () => {
        for (const registry of [origins.before, origins.mirror]) {
          const pulled = await pull({ registry, image: `${name}:1` });
          expect(pulled.digest).toBe(image.tagDigest);
        }
      });
      expect(upstream.leaks).toEqual([]);
    },
  );
});
