import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import {
  HANDSHAKE,
  type Mirror,
  type MirrorOptions,
  read,
  useMirrors,
} from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const HEX = OCI_MANIFEST.digest.slice("sha256:".length);

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror(options);
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  mirror.hub.push("grafana/grafana", "8.3.1", imageOf(OCI_MANIFEST));
  return mirror;
}

describe("the registry itself", () => {
  it.each(["/v2/", "/v2", "/v2/?ns=docker.io"])(
    "[1] answers GET and HEAD %s without an upstream request",
    async (path) => {
      const mirror = createMirror();
      for (const answer of [await mirror.get(path), await mirror.head(path)]) {
        expect(answer.status).toBe(200);
        expect(answer.headers.get("content-type")).toBe("application/json");
        expect(answer.headers.get("content-length")).toBe("2");
      }
      expect((await mirror.get(path)).text).toBe("{}");
      expect(mirror.calls()).toEqual([]);
    },
  );

  it.each([
    ["POST", "/v2/busybox/blobs/uploads/"],
    ["PUT", "/v2/busybox/manifests/1.36"],
    ["PATCH", "/v2/busybox/blobs/uploads/1"],
    ["DELETE", `/v2/busybox/manifests/${OCI_MANIFEST.digest}`],
    ["OPTIONS", "/v2/"],
    ["POST", "/v2/"],
  ])("[2] rejects %s %s", async (method, path) => {
    const mirror = createMirror();
    const answer = await read(method, await mirror.send(path, { method }));
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET, HEAD");
    expect(answer.error?.code).toBe("UNSUPPORTED");
    expect(mirror.calls()).toEqual([]);
  });
});

describe("names, tags and digests", () => {
  it.each([
    "/v2/Busybox/manifests/1.36",
    "/v2/library/-busybox/manifests/1.36",
    `/v2/library/busybox-/blobs/${OCI_MANIFEST.digest}`,
    "/v2/library/busy..box/tags/list",
    "/v2/library/busy___box/tags/list",
    "/v2/library//busybox/tags/list",
    "/v2//busybox/tags/list",
    "/v2//tags/list",
    "/v2/library%2Fbusybox/manifests/1.36",
    "/v2/library%2fbusybox/tags/list",
    "/v2/library%252Fbusybox/tags/list",
    "/v2/busybox%00/tags/list",
    "/v2/busybox%zz/tags/list",
    `/v2/busy%20box/referrers/${OCI_MANIFEST.digest}`,
    `/v2/${"a".repeat(256)}/tags/list`,
    `/v2/library/${"a".repeat(248)}/manifests/1.36`,
  ])("[4] reject GET %s", async (path) => {
    const mirror = createMirror();
    const answer = await mirror.get(path);
    expect(answer.status).toBe(400);
    expect(answer.error?.code).toBe("NAME_INVALID");
    expect((await mirror.head(path)).status).toBe(400);
    expect(mirror.calls()).toEqual([]);
  });

  it("[4] may have 255 characters in a name", async () => {
    const mirror = createMirror();
    const name = `library/${"a".repeat(247)}`;
    expect((await mirror.get(`/v2/${name}/tags/list`)).error?.code).toBe("NAME_UNKNOWN");
    expect(mirror.hub.count({ path: /\/tags\/list$/ })).toBe(1);
  });

  it("[4] are decoded once", async () => {
    const mirror = createMirror();
    await mirror.get("/v2/%6Cibrary/busy%62ox/tags/list");
    expect(mirror.hub.count({ path: /^\/v2\/library\/busybox\/tags\/list$/ })).toBe(1);
  });

  it("[4] [3] have dot segments resolved by the URL parser", async () => {
    const mirror = createMirror();
    await mirror.get("/v2/library/%2e%2e/busybox/tags/list");
    expect(mirror.hub.count({ path: /^\/v2\/library\/busybox\/tags\/list$/ })).toBe(1);
  });

  it.each(["-tag", ".tag", "a%20b", "a+b", "caf%C3%A9", "a%2Fb", "%zz", "a".repeat(129)])(
    "[8] reject the tag %s",
    async (tag) => {
      const mirror = createMirror();
      const answer = await mirror.get(`/v2/busybox/manifests/${tag}`);
      expect(answer.status).toBe(404);
      expect(answer.error?.code).toBe("MANIFEST_UNKNOWN");
      expect((await mirror.head(`/v2/busybox/manifests/${tag}`)).status).toBe(404);
      expect(mirror.calls()).toEqual([]);
    },
  );

  it("[8] may have 128 characters in a tag", async () => {
    const mirror = createMirror();
    await mirror.get(`/v2/busybox/manifests/${"a".repeat(128)}`);
    expect(mirror.hub.count({ path: /\/manifests\/a{128}$/ })).toBe(1);
  });

  it.each(
    ["manifests", "blobs", "referrers"].flatMap((kind) => [
      [kind, "sha256:"],
      [kind, `sha256:${HEX.slice(1)}`],
      [kind, `sha256:${HEX.toUpperCase()}`],
      [kind, `sha256%3A${HEX}0`],
      [kind, `md5:${HEX.slice(32)}`],
      [kind, `sha512:${HEX}`],
      [kind, "1.36:"],
    ]),
  )("[9] reject the digest /%s/%s", async (kind, digest) => {
    const mirror = createMirror();
    const answer = await mirror.get(`/v2/busybox/${kind}/${digest}`);
    expect(answer.status).toBe(400);
    expect(answer.error?.code).toBe("DIGEST_INVALID");
    expect((await mirror.head(`/v2/busybox/${kind}/${digest}`)).status).toBe(400);
    expect(mirror.calls()).toEqual([]);
  });

  it.each(["blobs", "referrers"])("[9] reject a tag under /%s/", async (kind) => {
    const mirror = createMirror();
    const answer = await mirror.get(`/v2/busybox/${kind}/latest`);
    expect(answer.status).toBe(400);
    expect(answer.error?.code).toBe("DIGEST_INVALID");
    expect(mirror.calls()).toEqual([]);
  });
});

describe("any other path", () => {
  it.each([
    "/v2/_catalog",
    "/v2//",
    "/v2/busybox",
    "/v2/busybox/",
    "/v2/busybox/manifests",
    "/v2/busybox/manifests/",
    "/v2/manifests/latest",
    "/v2/busybox/manifests/1.36/",
    "/v2/busybox/tags",
    "/v2/busybox/tags/other",
    "/v2/busybox/blobs/uploads/1",
    "/v2/busybox/%6Danifests/1.36",
    "/v1/_ping",
    "/v1/search?q=busybox",
    "/v1/",
    "/v1",
  ])("[10] [G6] is UNSUPPORTED: %s", async (path) => {
    const mirror = createMirror();
    const answer = await mirror.get(path);
    expect(answer.status).toBe(404);
    expect(answer.error?.code).toBe("UNSUPPORTED");
    expect((await mirror.head(path)).status).toBe(404);
    expect(mirror.calls()).toEqual([]);
  });
});

describe("bare names", () => {
  it("[3] are official images, with one cache entry", async () => {
    const mirror = createStocked();
    expect((await mirror.get("/v2/busybox/manifests/1.36")).status).toBe(200);
    expect((await mirror.get("/v2/library/busybox/manifests/1.36")).status).toBe(200);
    expect(mirror.calls()).toEqual([
      ...HANDSHAKE,
      "registry HEAD /v2/library/busybox/manifests/1.36",
      `registry GET /v2/library/busybox/manifests/${OCI_MANIFEST.digest}`,
    ]);
  });

  it("[3] are completed for blobs, tags and referrers too", async () => {
    const mirror = createStocked();
    expect((await mirror.get(`/v2/busybox/blobs/${LAYER.digest}`)).text).toBe(LAYER.text);
    expect((await mirror.get("/v2/busybox/tags/list")).status).toBe(200);
    expect((await mirror.get(`/v2/busybox/referrers/${LAYER.digest}`)).status).toBe(200);
    expect(mirror.hub.count({ host: "registry", path: /^\/v2\/library\/busybox\// })).toBe(3);
  });

  it("[3] do not change names of two components", async () => {
    const mirror = createStocked();
    expect((await mirror.get("/v2/grafana/grafana/manifests/8.3.1")).status).toBe(200);
    expect(mirror.hub.count({ path: /^\/v2\/grafana\/grafana\/manifests\// })).toBe(2);
  });

  it.each([
    ["another namespace", "grafana", "/v2/grafana/manifests/8.3.1", "grafana/grafana"],
    ["none", "", "/v2/busybox/manifests/1.36", "busybox"],
  ])("[3] belong to %s by NAMESPACE", async (_, NAMESPACE, path, repository) => {
    const mirror = createStocked({ env: { NAMESPACE } });
    mirror.hub.push("busybox", "1.36", imageOf(OCI_MANIFEST));
    expect((await mirror.get(path)).status).toBe(200);
    expect(mirror.hub.count({ path: new RegExp(`^/v2/${repository}/manifests/`) })).toBe(2);
  });

  it("[3] belong to no namespace at other upstreams", async () => {
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
  ])("[5] is NAME_UNKNOWN in %s", async (path) => {
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
  ])("[5] is removed if it is the upstream's own: %s", async (path) => {
    const mirror = createStocked();
    await mirror.warm("/v2/busybox/manifests/1.36");
    expect((await mirror.get(path)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls()).toEqual([]);
  });

  it("[5] is a name of its own without a second component", async () => {
    const mirror = createStocked();
    mirror.hub.push("library/docker.io", "1.0", imageOf(OCI_MANIFEST));
    expect((await mirror.get("/v2/docker.io/manifests/1.0")).status).toBe(200);
    expect(mirror.hub.count({ path: /^\/v2\/library\/docker\.io\/manifests\// })).toBe(2);
  });
});

describe("ns", () => {
  it.each(["docker.io", "index.docker.io", "registry-1.docker.io", "Docker.IO"])(
    "[6] %s is the upstream: same cache entry, repeated in OCI-Namespace",
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

  it("[6] is removed from the query and from Link", async () => {
    const mirror = createStocked({ hub: { pageSize: 1 } });
    mirror.hub.push("library/busybox", "1.37", imageOf(OCI_MANIFEST));
    const answer = await mirror.get("/v2/busybox/tags/list?ns=docker.io&n=1");
    expect(answer.headers.get("oci-namespace")).toBe("docker.io");
    expect(mirror.hub.requests.at(-1)?.query.toString()).toBe("n=1");
    expect(answer.headers.get("link")).toBe('</v2/busybox/tags/list?last=1.36&n=1>; rel="next"');
  });

  it("[6] is repeated with an error", async () => {
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
    "docker.io.evil.example",
    "evil.example/docker.io",
    "169.254.169.254",
    "docker.io:443",
    "docker.io&ns=quay.io",
  ])("[7] %s is NAME_UNKNOWN, without an upstream request", async (ns) => {
    const mirror = createStocked();
    const answer = await mirror.get(`/v2/library/busybox/manifests/1.36?ns=${ns}`);
    expect(answer.status).toBe(404);
    expect(answer.error?.code).toBe("NAME_UNKNOWN");
    expect((await mirror.get(`/v2/busybox/tags/list?ns=${ns}`)).status).toBe(404);
    expect(mirror.calls()).toEqual([]);
  });

  it("[A1e] [7] that is empty counts as absent", async () => {
    const mirror = createStocked();
    const answer = await mirror.get("/v2/library/busybox/manifests/1.36?ns=");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("oci-namespace")).toBeNull();
  });
});
