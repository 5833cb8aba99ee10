import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bytes } from "../../support/image.ts";
import { startDaemon } from "../machine/daemon.ts";
import { here } from "../machine/machine.ts";
import { SERVICE } from "./token-service.ts";

/** The CNCF distribution registry as Debian packages it. */
export interface Registry {
  readonly origin: string;
  /** A blob as it lies on disk. */
  blob(digest: string): Promise<Bytes>;
  /** Ends it, and starts it so much later at the same place with what it has on disk. */
  restart(downMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it in `directory`; it trusts the tokens that `certificate` proves. */
export async function startRegistry(options: {
  directory: string;
  realm: string;
  certificate: string;
}): Promise<Registry> {
  const { directory, realm, certificate } = options;
  const work = join(directory, "registry");
  const port = await freePort();
  await mkdir(work);
  const token = { realm, service: SERVICE, issuer: SERVICE, rootcertbundle: certificate };
  const config = {
    version: 0.1,
    log: { level: "warn", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: work } },
    http: { addr: `127.0.0.1:${port}`, secret: "one instance" },
    auth: { token },
  };
  const file = join(work, "config.yml");
  await writeFile(file, JSON.stringify(config));
  const argv = ["docker-registry", "serve", file];
  const listens = { host: "127.0.0.1", port };
  const start = () => startDaemon({ machine: here, work: directory, argv, listens });
  let daemon = await start();
  return {
    origin: `http://127.0.0.1:${port}`,
    async restart(downMs) {
      await daemon.stop();
      await sleep(downMs);
      daemon = await start();
    },
    stop: () => daemon.stop(),
    async blob(digest) {
      const hex = digest.replace("sha256:", "");
      const path = `docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`;
      return new Uint8Array(await readFile(join(work, path)));
    },
  };
}

/** A port that was free a moment ago: docker-registry does not tell which one it took. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
