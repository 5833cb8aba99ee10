import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import {
  HANDSHAKE,
  type Mirror,
  type MirrorOptions,
  useMirrors,
} from "../support/mirror/in-process.ts";

const createMirror = useMirrors();

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror(options);
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  mirror.hub.push("grafana/grafana", "8.3.1", imageOf(OCI_MANIFEST));
  return mirror;
}

describe("bare names", () => {
  it("[3] are the official images: one repository, one cache", async () => {
    const mirror = createStocked();
    expect((await mirror.get("/v2/busybox/manifests/1.36")).status).toBe(200);
    expect((await mirror.get("/v2/library/busybox/manifests/1.36")).status).toBe(200);
    expect(mirror.calls()).toEqual([
      ...HANDSHAKE,
      "registry HEAD /v2/library/busybox/manifests/1.36",
      `registry GET /v2/library/busybox/manifests/${OCI_MANIFEST.digest}`,
    ]);
  });

  it("[3] are rewritten for blobs, tags and referrers too", async () => {
    const mirror = createStocked();
    expect((await mirror.get(`/v2/busybox/blobs/${LAYER.digest}`)).text).toBe(LAYER.text);
    expect((await mirror.get("/v2/busybox/tags/list")).status).toBe(200);
    expect((await mirror.get(`/v2/busybox/referrers/${LAYER.digest}`)).status).toBe(200);
    expect(mirror.hub.count({ host: "registry", path: /^\/v2\/library\/busybox\// })).toBe(3);
  });

  it("[3] leaves names of two components alone", async () => {
    const mirror = createStocked();
    expect((await mirror.get("/v2/grafana/grafana/manifests/8.3.1")).status).toBe(200);
    expect(mirror.hub.count({ path: /^\/v2\/grafana\/grafana\/manifests\// })).toBe(2);
  });

  it.each([
    ["another namespace", "grafana", "/v2/grafana/manifests/8.3.1", "grafana/grafana"],
    ["none", "", "/v2/busybox/manifests/1.36", "busybox"],
  ])("[3] belong to %s if the mirror is told so", async (_, NAMESPACE, path, repository) => {
    const mirror = createStocked({ env: { NAMESPACE } });
    mirror.hub.push("busybox", "1.36", imageOf(OCI_MANIFEST));
    expect((await mirror.get(path)).status).toBe(200);
    expect(mirror.hub.count({ path: new RegExp(`^/v2/${repository}/manifests/`) })).toBe(2);
  });

  it("[3] belong to nothing at an upstream other than Docker Hub", async () => {
    const env = { UPSTREAM: "https://registry.example.org" };
    const auth = "https://auth.example.org";
    const mirror = createStocked({ env, hub: { registry: env.UPSTREAM, auth } });
    mirror.hub.push("busybox", "1.36", imageOf(OCI_MANIFEST));
    expect((await mirror.get("/v2/busybox/manifests/1.36")).status).toBe(200);
    expect(mirror.hub.count({ path: /^\/v2\/busybox\/manifests\// })).toBe(2);
  });
});

describe("a registry in front of the name", () => {
  it.each([
    "/v2/ghcr.io/owner/image/manifests/1.0",
    "/v2/quay.io/busybox/manifests/1.0",
    "/v2/localhost/busybox/manifests/1.0",
    "/v2/localhost:5000/busybox/manifests/1.0",
    "/v2/localhost%3A5000/busybox/tags/list",
    `/v2/registry.example.org:5000/busybox/blobs/${LAYER.digest}`,
    `/v2/GHCR.io/owner/image/referrers/${LAYER.digest}`,
    "/v2/127.0.0.1/busybox/manifests/1.0",
  ])("[5] is another one in %s", async (path) => {
    const mirror = createStocked();
    const answer = await mirror.get(path);
    expect(answer.status).toBe(404);
    expect(answer.error?.code).toBe("NAME_UNKNOWN");
    expect(mirror.calls()).toEqual([]);
  });

  it.each([
    "/v2/docker.io/busybox/manifests/1.36",
    "/v2/docker.io/library/busybox/manifests/1.36",
    "/v2/docker.io/busybox/manifests/1.36?ns=docker.io",
  ])("[5] is stripped from %s", async (path) => {
    const mirror = createStocked();
    await mirror.warm("/v2/busybox/manifests/1.36");
    expect((await mirror.get(path)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls()).toEqual([]);
  });

  it("[5] is a repository of its own name if it stands alone", async () => {
    const mirror = createStocked();
    mirror.hub.push("library/docker.io", "1.0", imageOf(OCI_MANIFEST));
    expect((await mirror.get("/v2/docker.io/manifests/1.0")).status).toBe(200);
    expect(mirror.hub.count({ path: /^\/v2\/library\/docker\.io\/manifests\// })).toBe(2);
  });
});

describe("ns", () => {
  it.each(["docker.io", "index.docker.io", "registry-1.docker.io", "Docker.IO"])(
    "[6] %s is the upstream: same cache entry, echoed, not passed on",
    async (ns) => {
      const mirror = createStocked();
      const answer = await mirror.get(`/v2/library/busybox/manifests/1.36?ns=${ns}`);
      expect(answer.text).toBe(OCI_MANIFEST.text);
      expect(answer.headers.get("oci-namespace")).toBe(ns);
      expect(mirror.hub.requests.filter(({ query }) => query.has("ns"))).toEqual([]);
      mirror.calls();
      const bare = await mirror.get("/v2/busybox/manifests/1.36");
      expect(bare.headers.get("oci-namespace")).toBeNull();
      expect(mirror.calls()).toEqual([]);
    },
  );

  it("[6] is not passed on with other parameters, nor echoed in a Link", async () => {
    const mirror = createStocked({ hub: { pageSize: 1 } });
    mirror.hub.push("library/busybox", "1.37", imageOf(OCI_MANIFEST));
    const answer = await mirror.get("/v2/busybox/tags/list?ns=docker.io&n=1");
    expect(answer.headers.get("oci-namespace")).toBe("docker.io");
    expect(mirror.hub.requests.at(-1)?.query.toString()).toBe("n=1");
    expect(answer.headers.get("link")).toBe('</v2/busybox/tags/list?last=1.36&n=1>; rel="next"');
  });

  it("[6] is echoed with an error", async () => {
    const mirror = createStocked();
    const answer = await mirror.get("/v2/busybox/manifests/none?ns=docker.io");
    expect(answer.status).toBe(404);
    expect(answer.headers.get("oci-namespace")).toBe("docker.io");
  });

  it("[6] may be the host of another upstream", async () => {
    const env = { UPSTREAM: "https://registry.example.org" };
    const hub = { registry: env.UPSTREAM, auth: "https://auth.example.org" };
    const mirror = createStocked({ env, hub });
    const path = "/v2/grafana/grafana/manifests/8.3.1";
    expect((await mirror.get(`${path}?ns=registry.example.org`)).status).toBe(200);
    expect((await mirror.get(`${path}?ns=docker.io`)).error?.code).toBe("NAME_UNKNOWN");
  });

  it.each([
    "ghcr.io",
    "",
    "docker.io.evil.example",
    "evil.example/docker.io",
    "169.254.169.254",
    "docker.io:443",
    "docker.io&ns=quay.io",
  ])("[7] %s is another registry, which is never dialled", async (ns) => {
    const mirror = createStocked();
    const answer = await mirror.get(`/v2/library/busybox/manifests/1.36?ns=${ns}`);
    expect(answer.status).toBe(404);
    expect(answer.error?.code).toBe("NAME_UNKNOWN");
    expect((await mirror.get(`/v2/busybox/tags/list?ns=${ns}`)).status).toBe(404);
    expect(mirror.calls()).toEqual([]);
  });
});
