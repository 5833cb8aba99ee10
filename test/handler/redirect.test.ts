import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import type { Interceptor } from "../support/hub.ts";
import {
  HANDSHAKE,
  type Mirror,
  type MirrorOptions,
  useMirrors,
} from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const PATH = `/v2/busybox/blobs/${LAYER.digest}`;
const REGISTRY = `registry GET /v2/library/busybox/blobs/${LAYER.digest}`;
const STORAGE_ORIGIN = "https://production.cloudfront.docker.com";

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror(options);
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

/** The storage sends from /hop/1 to /hop/2 and so on; the last one has the layer. */
function hops(first: string, last: number): Interceptor {
  return ({ host, path }) => {
    if (host === "registry" && path.includes("/blobs/")) return redirect(first);
    const hop = Number(/^\/hop\/(\d+)$/.exec(path)?.[1] ?? Number.NaN);
    if (Number.isNaN(hop)) return undefined;
    return hop === last ? layer() : redirect(`${STORAGE_ORIGIN}/hop/${hop + 1}`);
  };
}

function layer(): Response {
  return new Response(LAYER.bytes, { headers: { "content-length": "29" } });
}

function redirect(location: string, code = 307): Response {
  return status(code, { location });
}

describe("redirects", () => {
  it("[19] carry no Authorization, and nothing else of the request before", async () => {
    const mirror = createStocked();
    await mirror.get(PATH, { range: "bytes=0-3" });
    const [, , registry, storage] = mirror.hub.requests;
    expect(registry?.headers.get("authorization")).toMatch(/^Bearer stand-in\./);
    expect(Object.fromEntries(storage?.headers ?? [])).toEqual({
      "accept-encoding": "identity",
      range: "bytes=0-3",
      "user-agent": "sampan",
    });
  });

  it.each([301, 302, 303, 307, 308])("[19] are followed with status %i", async (code) => {
    const mirror = createStocked();
    mirror.hub.intercept(
      when({ host: "registry", path: /\/blobs\// }, async (next) =>
        redirect((await next()).headers.get("location") ?? "", code),
      ),
    );
    expect((await mirror.get(PATH)).text).toBe(LAYER.text);
  });

  it.each([
    ["a path", "/elsewhere/on/the/registry"],
    ["a relative path", "../../../../elsewhere/on/the/registry"],
    ["a host", "//registry-1.docker.io/elsewhere/on/the/registry"],
  ])("[19] may be relative, and then are for the registry: %s", async (_, location) => {
    const mirror = createStocked();
    mirror.hub.intercept(({ path }) => {
      if (path.includes("/blobs/")) return redirect(location);
      return path === "/elsewhere/on/the/registry" ? layer() : undefined;
    });
    expect((await mirror.get(PATH)).text).toBe(LAYER.text);
    expect(mirror.calls()).toEqual([
      ...HANDSHAKE,
      REGISTRY,
      "registry GET /elsewhere/on/the/registry",
    ]);
    expect(mirror.hub.requests.at(-1)?.headers.get("authorization")).toMatch(/^Bearer /);
  });

  it("[19] may be 5", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(hops(`${STORAGE_ORIGIN}/hop/1`, 5));
    expect((await mirror.get(PATH)).text).toBe(LAYER.text);
    expect(mirror.hub.count({ host: "storage" })).toBe(5);
  });

  it.each([
    ["6", hops(`${STORAGE_ORIGIN}/hop/1`, 6)],
    ["a loop", when({ host: "storage" }, () => redirect(`${STORAGE_ORIGIN}/again`))],
  ])("[19] may not be more: %s", async (_, interceptor) => {
    const mirror = createStocked();
    mirror.hub.intercept(interceptor);
    const answer = await mirror.get(PATH);
    expect(answer.status).toBe(502);
    expect(answer.error?.code).toBe("UNAVAILABLE");
    expect(mirror.hub.count({ host: "storage" })).toBe(5);
  });

  it.each([
    "http://production.cloudfront.docker.com/blob",
    "http://registry-1.docker.io/blob",
    "ftp://production.cloudfront.docker.com/blob",
    "data:text/plain,blob",
    "https://192.0.2.7/blob",
    "https://2130706433/blob",
    "https://[::1]/blob",
    "https://127.0.0.1/blob",
    "https://localhost/blob",
    "https://metadata.google.internal/blob",
    "https://router.local/blob",
    "https://router/blob",
    "https://",
    "https://registry-1.docker.io@192.0.2.7/blob",
  ])("[19] may not lead to %s", async (location) => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /\/blobs\// }, () => redirect(location)));
    const answer = await mirror.get(PATH);
    expect(answer.status).toBe(502);
    expect(answer.error?.code).toBe("UNAVAILABLE");
    expect(answer.error?.message).not.toContain("/blob");
    expect(mirror.calls()).toEqual([...HANDSHAKE, REGISTRY]);
  });

  it("[19] have to say where to", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /\/blobs\// }, () => status(307)));
    const answer = await mirror.get(PATH);
    expect(answer.status).toBe(502);
    expect(answer.error?.code).toBe("UNAVAILABLE");
    expect(mirror.calls()).toEqual([...HANDSHAKE, REGISTRY]);
  });

  it("[19] may lead to a loopback host if the upstream is one", async () => {
    const registry = "http://127.0.0.1:5001";
    const hub = { registry, auth: "http://localhost:5002", storage: "http://[::1]:5003" };
    const mirror = createStocked({ env: { UPSTREAM: registry, NAMESPACE: "library" }, hub });
    expect((await mirror.get(PATH)).text).toBe(LAYER.text);
    expect(mirror.hub.count({ host: "storage" })).toBe(1);
  });

  it("[19] [G6] are followed for manifests too, never passed on", async () => {
    const mirror = createStocked();
    const away = `${STORAGE_ORIGIN}/manifest`;
    mirror.hub.intercept(({ host, path }) => {
      if (host === "storage") return new Response(OCI_MANIFEST.bytes);
      return path.includes("/manifests/sha256:") ? redirect(away) : undefined;
    });
    const answer = await mirror.get("/v2/busybox/manifests/1.36");
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls().slice(-2)).toEqual([
      `registry GET /v2/library/busybox/manifests/${OCI_MANIFEST.digest}`,
      "storage GET /manifest",
    ]);
  });

  it.each([300, 304, 305])("[G6] are never passed on: %i", async (code) => {
    const mirror = createStocked();
    const headers = code === 304 ? {} : { location: STORAGE_ORIGIN };
    mirror.hub.intercept(when({ path: /\/(blobs|manifests)\// }, () => status(code, headers)));
    expect((await mirror.get(PATH)).status).toBe(502);
    expect((await mirror.get("/v2/busybox/manifests/1.36")).status).toBe(502);
  });
});
