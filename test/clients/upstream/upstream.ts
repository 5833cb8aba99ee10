import { createRequestLog, type RequestLog } from "../../support/hub/request-log.ts";
import { createStorage } from "../../support/hub/storage.ts";
import type { Host } from "../../support/hub/types.ts";
import type { Image } from "../../support/image/parts.ts";
import { createListener } from "../../support/serve/listener.ts";
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
  close(): Promise<void>;
}

const SIGNED_URL_SECONDS = 60;

/** Starts all of it on loopback, with its files in `directory`. */
export async function startUpstream(directory: string): Promise<Upstream> {
  const { record, requests, leaks, count } = createRequestLog();
  const serve = new Map<Host, (request: Request) => Response | Promise<Response>>();
  const listen = (host: Host) =>
    createListener(async (request) => {
      record(host, request);
      if (isRefusing && host !== "storage") return refuse(request);
      return serve.get(host)?.(request) ?? Response.error();
    });
  let isRefusing = false;
  const [front, auth, blobs] = await Promise.all([
    listen("registry"),
    listen("auth"),
    listen("storage"),
  ]);
  const tokens = createTokenService(directory);
  const { certificate } = tokens;
  const registry = await startRegistry({ directory, realm: `${auth.origin}/token`, certificate });
  const { origin } = blobs;
  const storage = createStorage({ origin, urlSeconds: SIGNED_URL_SECONDS, now: Date.now });
  serve.set("registry", createFront(registry, storage));
  serve.set("auth", tokens.answer);
  serve.set("storage", storage.answer);
  return {
    origin: front.origin,
    requests,
    leaks,
    count,
    push(repository, image, tags) {
      const token = tokens.mint(repository, ["pull", "push"]);
      return push(`${registry.origin}/v2/${repository}`, token, image, tags);
    },
    async whileRefusing(act) {
      isRefusing = true;
      await act().finally(() => {
        isRefusing = false;
      });
    },
    async close() {
      await Promise.all([front.stop(), auth.stop(), blobs.stop(), registry.stop()]);
    },
  };
}
