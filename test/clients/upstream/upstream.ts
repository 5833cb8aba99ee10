import { setTimeout as sleep } from "node:timers/promises";
import { createRequestLog, type RequestLog } from "../../support/hub/request-log.ts";
import { createStorage } from "../../support/hub/storage.ts";
import type { Host } from "../../support/hub.ts";
import type { Image } from "../../support/image.ts";
import { createListener, type Listener } from "../../support/serve.ts";
import { createFront, refuse } from "./front.ts";
import { push } from "./push.ts";
import { startRegistry } from "./registry.ts";
import { createTokenService } from "./token-service.ts";

/** docker-registry behind a token service, a storage with signed URLs and a rate limit. */
export interface Upstream extends Pick<RequestLog, "requests" | "leaks" | "count"> {
  readonly origin: string;
  push(repository: string, image: Image, tags: readonly string[]): Promise<void>;
  /** While `act` runs, the registry and its token service answer 429 to everything. */
  whileRefusing(act: () => Promise<void>): Promise<void>;
  /** A host is gone for so long; requests to it break meanwhile. */
  restart(host: Host, downMs: number): Promise<void>;
  close(): Promise<void>;
}

const SIGNED_URL_SECONDS = 60;

/** Starts all of it on loopback, with its files in `directory`. */
export async function startUpstream(directory: string): Promise<Upstream> {
  const { record, requests, leaks, count } = createRequestLog();
  const { serve, origins, whileRefusing, restart, stop } = await listen(record);
  const tokens = createTokenService(directory);
  const realm = `${origins.auth}/token`;
  const registry = await startRegistry({ directory, realm, certificate: tokens.certificate });
  const urls = { origin: origins.storage, urlSeconds: SIGNED_URL_SECONDS, now: Date.now };
  const storage = createStorage(urls);
  serve.registry = createFront(registry, storage);
  serve.auth = tokens.answer;
  serve.storage = storage.answer;
  return {
    origin: origins.registry,
    requests,
    leaks,
    count,
    whileRefusing,
    restart: (host, downMs) =>
      host === "registry" ? registry.restart(downMs) : restart(host, downMs),
    push(repository, image, tags) {
      const token = tokens.mint(repository, ["pull", "push"]);
      return push(`${registry.origin}/v2/${repository}`, token, image, tags);
    },
    close: async () => void (await Promise.all([stop(), registry.stop()])),
  };
}

type Serve = Record<Host, (request: Request) => Response | Promise<Response>>;

/** Takes three ports at once, so that each host can be told of the others before it serves. */
async function listen(record: RequestLog["record"]) {
  const serve: Serve = { registry: Response.error, auth: Response.error, storage: Response.error };
  let isRefusing = false;
  const listenAs = (host: Host) =>
    createListener(async (request) => {
      record(host, request);
      return isRefusing && host !== "storage" ? refuse(request) : serve[host](request);
    });
  const registry = await listenAs("registry");
  const auth = await listenAs("auth");
  const storage = await listenAs("storage");
  const listeners: Record<Host, Listener> = { registry, auth, storage };
  return {
    serve,
    origins: { registry: registry.origin, auth: auth.origin, storage: storage.origin },
    async restart(host: Host, downMs: number) {
      await listeners[host].stop();
      await sleep(downMs);
      await listeners[host].start();
    },
    stop: () => Promise.all([registry.stop(), auth.stop(), storage.stop()]),
    async whileRefusing(act: () => Promise<void>) {
      isRefusing = true;
      await act().finally(() => {
        isRefusing = false;
      });
    },
  };
}
