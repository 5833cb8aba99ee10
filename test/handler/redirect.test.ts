import { describe, expect, it } from "vitest";
import { ADDRESSES } from "../support/addresses.ts";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { redirect, status, withHeaders } from "../support/hub/responses.ts";
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

describe("redirects", () => {
  it("[21] carry no Authorization, and no other header of the client", async () => {
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

  it.each([301, 302, 303, 307, 308])("[21] are followed with status %i", async (code) => {
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
  ])("[21] may be relative to the registry: %s", async (_, location) => {
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

  it("[21] may be 5", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(hops(`${STORAGE_ORIGIN}/hop/1`, 5));
    expect((await mirror.get(PATH)).text).toBe(LAYER.text);
    expect(mirror.hub.count({ host: "storage" })).toBe(5);
  });

  it.each([
    ["6", hops(`${STORAGE_ORIGIN}/hop/1`, 6)],
    ["a loop", when({ host: "storage" }, () => redirect(`${STORAGE_ORIGIN}/again`))],
  ])("[21] may not be more: %s", async (_, interceptor) => {
    const mirror = createStocked();
    mirror.hub.intercept(interceptor);
    const answer = await mirror.get(PATH);
    expect(answer.status).toBe(502);
    expect(answer.error?.code).toBe("UNAVAILABLE");
    expect(mirror.hub.count({ host: "storage" })).toBe(5);
  });

  it("[21] need a location", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /\/blobs\// }, () => status(307)));
    const answer = await mirror.get(PATH);
    expect(answer.status).toBe(502);
    expect(answer.error?.code).toBe("UNAVAILABLE");
    expect(mirror.calls()).toEqual([...HANDSHAKE, REGISTRY]);
  });

  it("[21] may lead to a loopback host if the upstream is one", async () => {
    const registry = "http://127.0.0.1:5001";
    const hub = { registry, auth: "http://localhost:5002", storage: "http://[::1]:5003" };
    const mirror = createStocked({ env: { UPSTREAM: registry, NAMESPACE: "library" }, hub });
    expect((await mirror.get(PATH)).text).toBe(LAYER.text);
    expect(mirror.hub.count({ host: "storage" })).toBe(1);
  });

  it("[21] [G6] are followed for manifests too", async () => {
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

const SOME_ADDRESSES = ADDRESSES.filter((_, index) => index % 8 === 0);

/** How a registry can lead to an address that is none of its business. */
const WAYS = [
  "realm",
  "realm of another registry",
  "redirect",
  "second redirect",
  "third redirect",
  "redirect from another registry",
] as const;

type Way = (typeof WAYS)[number];

/** A registry that leads to `address`, with two honest hosts on the way. */
function createLeading(host: string, way: Way, address: string): Mirror {
  const elsewhere = "https://other.example/v2/owner/app/manifests/1";
  const realm = () => status(401, { "www-authenticate": `Bearer realm="${address}"` });
  const first: Record<Way, () => Response> = {
    realm,
    "realm of another registry": () => redirect(elsewhere),
    redirect: () => redirect(address),
    "second redirect": () => redirect("https://cdn.example/last"),
    "third redirect": () => redirect("https://cdn.example/first"),
    "redirect from another registry": () => redirect(elsewhere),
  };
  const network = async (input: RequestInfo | URL) => {
    const { hostname, port, pathname } = new URL(String(input));
    if (hostname === host) {
      const isOpen = pathname === "/v2/" && way !== "realm";
      return isOpen ? new Response("{}") : first[way]();
    }
    if (hostname === "cdn.example") {
      return redirect(pathname === "/first" ? "https://cdn.example/last" : address);
    }
    if (hostname === "other.example") {
      return way === "realm of another registry" ? realm() : redirect(address);
    }
    if (hostname === "storage.example" && port === "8443") return layer();
    throw new TypeError("Name not resolved.");
  };
  return createMirror({
    env: { UPSTREAM: `https://${host}` },
    network: () => network as typeof fetch,
  });
}

describe("an address that is not public, or not https", () => {
  it.each(WAYS)("[21] [33] is not requested if it comes by a %s", async (way) => {
    // The parser is the same for all ways: one realm and one redirect get every address.
    const isFull = way === "realm" || way === "redirect";
    for (const [index, address] of (isFull ? ADDRESSES : SOME_ADDRESSES).entries()) {
      const mirror = createLeading(`registry-${index}.example`, way, address);
      for (const path of ["manifests/1", `blobs/${LAYER.digest}`]) {
        const answer = await mirror.get(`/v2/owner/app/${path}`);
        expect([answer.status, answer.error?.code], address).toEqual([502, "UNAVAILABLE"]);
        expect(answer.text, address).not.toMatch(/127|169|user|secret|passwd/);
      }
      const fetches = mirror.fetches();
      expect(fetches.length, address).toBeGreaterThan(1);
      const honest = /^(registry-\d+|cdn|other)\.example /;
      expect(fetches.filter((call) => !honest.test(call) || call.includes("/x"))).toEqual([]);
    }
  });

  it("[38] in the link to a next page stands for the same list of the same registry", async () => {
    for (const address of SOME_ADDRESSES) {
      const mirror = createStocked();
      const link = `<${address}?last=1>; rel="next"`;
      mirror.hub.intercept(
        when({ path: /tags/ }, async (next) => withHeaders(await next(), { link })),
      );
      const page = await mirror.get("/v2/library/busybox/tags/list");
      const next = "/v2/library/busybox/tags/list?last=1";
      expect(page.headers.get("link"), address).toBe(`<${next}>; rel="next"`);
      expect((await mirror.get(next)).status, address).toBe(200);
      expect(mirror.fetches().at(-1)).toBe(`registry-1.docker.io GET ${next}`);
    }
  });

  it.each(["redirect", "third redirect", "redirect from another registry"] as const)(
    "[21] is distinguished from a public host on any port: %s",
    async (way) => {
      const mirror = createLeading("registry.example", way, "https://storage.example:8443/layer");
      const answer = await mirror.get(`/v2/owner/app/blobs/${LAYER.digest}`);
      expect(answer.text).toBe(LAYER.text);
    },
  );
});
