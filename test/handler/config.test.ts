import { describe, expect, it } from "vitest";
import { imageOf, OCI_MANIFEST } from "../support/contents.ts";
import { type MirrorOptions, useMirrors } from "../support/mirror/in-process.ts";
import { looks, PLAIN_404 } from "../support/mirror/scenarios.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";

describe("a mirror that is misconfigured", () => {
  it.each([
    ["UPSTREAM", ""],
    ["UPSTREAM", "registry-1.docker.io"],
    ["UPSTREAM", "http://registry-1.docker.io"],
    ["UPSTREAM", "http://10.0.0.1:5000"],
    ["UPSTREAM", "http://localhost.example.com"],
    ["UPSTREAM", "https://registry-1.docker.io/v2/"],
    ["UPSTREAM", "https://registry-1.docker.io?a=b"],
    ["UPSTREAM", "https://user:hunter2@registry-1.docker.io"],
    ["UPSTREAM", "ftp://registry-1.docker.io"],
    ["NAMESPACE", "Library"],
    ["NAMESPACE", "library/"],
    ["NAMESPACE", "/"],
    ["NAMESPACE", "ghcr.io/owner"],
    ["TAG_TTL_SECONDS", "-1"],
    ["TAG_TTL_SECONDS", ""],
    ["TAG_TTL_SECONDS", "60s"],
    ["TAG_TTL_SECONDS", 1.5],
    ["TAG_TTL_SECONDS", "99999999999"],
    ["STALE_TTL_SECONDS", "a month"],
    ["STALE_TTL_SECONDS", -60],
    ["STALE_TTL_SECONDS", "0x10"],
    ["UPSTREAM_TIMEOUT_SECONDS", "0"],
    ["UPSTREAM_TIMEOUT_SECONDS", "10.0"],
    ["UPSTREAM_TIMEOUT_SECONDS", "1000"],
    ["BLOB_MAX_BYTES", "1 GB"],
    ["BLOB_KEEP_DAYS", "soon"],
    ["HOME_PAGE", "yes"],
    ["SEARCH", "true"],
    ["LOG_CLIENT", "long"],
    ["LOG_SAMPLE", "1.5"],
    ["LOG_SAMPLE", "-0.1"],
    ["LOG_SAMPLE", "half"],
  ])("[G2] names the setting: %s=%o", async (name, value) => {
    const mirror = createMirror({ env: { [name]: value } });
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(500);
    expect(answer.error?.code).toBe("UNKNOWN");
    expect(answer.error?.message).toContain(name);
    expect((await mirror.head(TAG)).status).toBe(500);
    expect(mirror.log.length).toBe(2);
    expect(mirror.log[0]?.fields.message).toContain(name);
    expect(mirror.calls()).toEqual([]);
  });

  it.each([
    [{ UPSTREAM_PASSWORD: "hunter2" }, "UPSTREAM_USERNAME"],
    [{ UPSTREAM_USERNAME: "sampan" }, "UPSTREAM_PASSWORD"],
    [{ UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "" }, "UPSTREAM_PASSWORD"],
    [{ UPSTREAM_USERNAME: "a:b", UPSTREAM_PASSWORD: "hunter2" }, "UPSTREAM_USERNAME"],
  ])("[G2] names the setting and reveals no secret: %o", async (env, name) => {
    const mirror = createMirror({ env });
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(500);
    expect(answer.error?.message).toContain(name);
    expect(answer.text).not.toContain("hunter2");
    expect(mirror.calls()).toEqual([]);
  });

  it("[G2] answers 500 at /v2/ too", async () => {
    const mirror = createMirror({ env: { TAG_TTL_SECONDS: "soon" } });
    const answer = await mirror.get("/v2/");
    expect(answer.status).toBe(500);
    expect(answer.error?.message).toContain("TAG_TTL_SECONDS");
  });
});

describe("secrets", () => {
  it("[A1] [A11] in paths have at least 16 characters", async () => {
    const mirror = createMirror({ env: { ACCESS_PATHS: "office=0123456789abcdef" } });
    expect((await mirror.get("/0123456789abcdef/v2/")).status).toBe(200);
    mirror.reconfigure({ ACCESS_PATHS: "office=0123456789abcde" });
    expect(await looks(mirror, "/0123456789abcde/v2/")).toEqual(PLAIN_404);
    expect(mirror.log.at(-1)?.fields.message).toContain("ACCESS_PATHS");
  });

  it("[A7] [G2] for logins have at least 32 characters", async () => {
    const key = "0123456789abcdef0123456789abcdef";
    const mirror = createMirror({ env: { LOGIN: "upstream", LOGIN_KEY: key } });
    expect((await mirror.ask("/v2/")).status).toBe(401);
    mirror.reconfigure({ LOGIN: "upstream", LOGIN_KEY: key.slice(1) });
    const answer = await mirror.get("/v2/");
    expect([answer.status, answer.error?.code]).toEqual([500, "UNKNOWN"]);
    expect(answer.error?.message).toContain("LOGIN_KEY");
    expect(answer.text).not.toContain(key.slice(1));
  });
});

describe("the configuration", () => {
  it("[G2] is read once in an isolate", async () => {
    const reads: string[] = [];
    const mirror = createMirror({ onRead: (name) => reads.push(name) });
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
    await mirror.get(TAG);
    expect(reads.filter((name) => name === "IMAGES_ALLOW")).toHaveLength(1);
    await mirror.get(TAG);
    await mirror.get("/v2/");
    expect(reads.filter((name) => name === "IMAGES_ALLOW")).toHaveLength(1);
  });
});

describe("a valid configuration", () => {
  it.each<[string, MirrorOptions]>([
    ["nothing", {}],
    ["empty secrets", { env: { UPSTREAM_USERNAME: "", UPSTREAM_PASSWORD: "" } }],
    ["numbers", { env: { TAG_TTL_SECONDS: 5, STALE_TTL_SECONDS: 0, UPSTREAM_TIMEOUT_SECONDS: 1 } }],
    ["text", { env: { TAG_TTL_SECONDS: "5", UPSTREAM_TIMEOUT_SECONDS: "100" } }],
    ["a slash", { env: { UPSTREAM: "https://registry-1.docker.io/" } }],
    ["a namespace", { env: { NAMESPACE: "library" } }],
    [
      "another name of Docker Hub",
      {
        env: { UPSTREAM: "https://index.docker.io" },
        hub: { registry: "https://index.docker.io" },
      },
    ],
    [
      "a loopback host",
      {
        env: { UPSTREAM: "http://localhost:5001", NAMESPACE: "library" },
        hub: { registry: "http://localhost:5001", auth: "http://127.0.0.1:5002" },
      },
    ],
  ])("[3] serves: %s", async (_, options) => {
    const mirror = createMirror(options);
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.hub.count()).toBe(4);
  });
});
