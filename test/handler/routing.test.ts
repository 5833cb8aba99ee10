import { describe, expect, it } from "vitest";
import { OCI_MANIFEST } from "../support/contents.ts";
import { read, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const HEX = OCI_MANIFEST.digest.slice("sha256:".length);

describe("the registry itself", () => {
  it.each(["/v2/", "/v2", "/v2/?ns=docker.io"])("[1] answers GET %s at once", async (path) => {
    const mirror = createMirror();
    const answer = await mirror.get(path);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe("{}");
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.headers.get("content-length")).toBe("2");
    expect(mirror.calls()).toEqual([]);
  });

  it.each(["/v2/", "/v2"])("[1] answers HEAD %s as GET, without the body", async (path) => {
    const mirror = createMirror();
    const answer = await mirror.head(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.headers.get("content-length")).toBe("2");
    expect(mirror.calls()).toEqual([]);
  });

  it.each([
    ["POST", "/v2/busybox/blobs/uploads/"],
    ["PUT", "/v2/busybox/manifests/1.36"],
    ["PATCH", "/v2/busybox/blobs/uploads/1"],
    ["DELETE", `/v2/busybox/manifests/${OCI_MANIFEST.digest}`],
    ["OPTIONS", "/v2/"],
    ["POST", "/v2/"],
  ])("[2] refuses %s %s", async (method, path) => {
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
  ])("[4] has no repository for GET %s", async (path) => {
    const mirror = createMirror();
    const answer = await mirror.get(path);
    expect(answer.status).toBe(400);
    expect(answer.error?.code).toBe("NAME_INVALID");
    expect((await mirror.head(path)).status).toBe(400);
    expect(mirror.calls()).toEqual([]);
  });

  it("[4] takes a name of 255 characters", async () => {
    const mirror = createMirror();
    const name = `library/${"a".repeat(247)}`;
    expect((await mirror.get(`/v2/${name}/tags/list`)).error?.code).toBe("NAME_UNKNOWN");
    expect(mirror.hub.count({ path: /\/tags\/list$/ })).toBe(1);
  });

  it("[4] decodes a name once", async () => {
    const mirror = createMirror();
    await mirror.get("/v2/%6Cibrary/busy%62ox/tags/list");
    expect(mirror.hub.count({ path: /^\/v2\/library\/busybox\/tags\/list$/ })).toBe(1);
  });

  it("[4] [3] has its dots resolved before it gets here", async () => {
    const mirror = createMirror();
    await mirror.get("/v2/library/%2e%2e/busybox/tags/list");
    expect(mirror.hub.count({ path: /^\/v2\/library\/busybox\/tags\/list$/ })).toBe(1);
  });

  it.each(["-tag", ".tag", "a%20b", "a+b", "caf%C3%A9", "a%2Fb", "%zz", "a".repeat(129)])(
    "[8] knows no tag %s",
    async (tag) => {
      const mirror = createMirror();
      const answer = await mirror.get(`/v2/busybox/manifests/${tag}`);
      expect(answer.status).toBe(404);
      expect(answer.error?.code).toBe("MANIFEST_UNKNOWN");
      expect((await mirror.head(`/v2/busybox/manifests/${tag}`)).status).toBe(404);
      expect(mirror.calls()).toEqual([]);
    },
  );

  it("[8] takes a tag of 128 characters", async () => {
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
  )("[9] refuses /%s/%s", async (kind, digest) => {
    const mirror = createMirror();
    const answer = await mirror.get(`/v2/busybox/${kind}/${digest}`);
    expect(answer.status).toBe(400);
    expect(answer.error?.code).toBe("DIGEST_INVALID");
    expect((await mirror.head(`/v2/busybox/${kind}/${digest}`)).status).toBe(400);
    expect(mirror.calls()).toEqual([]);
  });

  it.each(["blobs", "referrers"])("[9] refuses a tag under /%s/", async (kind) => {
    const mirror = createMirror();
    const answer = await mirror.get(`/v2/busybox/${kind}/latest`);
    expect(answer.status).toBe(400);
    expect(answer.error?.code).toBe("DIGEST_INVALID");
    expect(mirror.calls()).toEqual([]);
  });
});

describe("anything else", () => {
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
  ])("[43] [G6] has nothing at %s", async (path) => {
    const mirror = createMirror();
    const answer = await mirror.get(path);
    expect(answer.status).toBe(404);
    expect(answer.error?.code).toBe("UNSUPPORTED");
    expect((await mirror.head(path)).status).toBe(404);
    expect(mirror.calls()).toEqual([]);
  });

  it("[43] says to a browser what this is", async () => {
    const mirror = createMirror();
    const response = await mirror.send("/");
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("docker pull mirror.example.com/nginx");
    expect((await mirror.send("/favicon.ico")).status).toBe(404);
    expect(mirror.calls()).toEqual([]);
  });
});
