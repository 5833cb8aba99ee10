import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { type Mirror, type MirrorOptions, useMirrors } from "../support/mirror/in-process.ts";
import { ACCOUNT, SECRET } from "../support/mirror/scenarios.ts";

const createMirror = useMirrors();
const NOISY = "198.51.100.7";
const QUIET = "198.51.100.8";
const BY_DIGEST = `/v2/busybox/manifests/${OCI_MANIFEST.digest}`;

/** A mirror that allows each client so many requests. */
function createLimited(most: number, options: MirrorOptions = {}) {
  const counts = new Map<string, number>();
  const rateLimit: RateLimit = {
    async limit({ key }) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return { success: (counts.get(key) ?? 0) <= most };
    },
  };
  const mirror = createMirror({ ...options, rateLimit });
  for (const name of ["library/busybox", "grafana/grafana"]) {
    mirror.hub.push(name, "1", imageOf(OCI_MANIFEST));
  }
  return { mirror, counts };
}

function from(mirror: Mirror, address: string, path: string, init: RequestInit = {}) {
  const headers = { ...(init.headers as object), "cf-connecting-ip": address };
  return mirror.ask(path, { ...init, headers });
}

/** The digest of nothing. */
function madeUp(index: number): string {
  return `sha256:${index.toString(16).padStart(64, "0")}`;
}

describe("a manifest by digest", () => {
  it.each<[string, RequestInit]>([
    ["GET", {}],
    ["HEAD", { method: "HEAD" }],
    ["GET with If-None-Match", { headers: { "if-none-match": `"${OCI_MANIFEST.digest}"` } }],
  ])("[A5a] that must be fetched is counted once: %s", async (_, init) => {
    const { mirror, counts } = createLimited(1);
    const answer = await from(mirror, NOISY, BY_DIGEST, init);
    expect([200, 304]).toContain(answer.status);
    expect([...counts]).toEqual([[`client ${NOISY}`, 1]]);
  });

  it("[A5a] that is cached is not counted, in any cache", async () => {
    const { mirror, counts } = createLimited(0);
    await mirror.warm(BY_DIGEST);
    for (const where of [null, "here", "elsewhere"] as const) {
      if (where !== null) mirror.restart(where);
      expect((await from(mirror, NOISY, BY_DIGEST)).status).toBe(200);
      expect((await from(mirror, NOISY, BY_DIGEST, { method: "HEAD" })).status).toBe(200);
    }
    expect([...counts]).toEqual([]);
    expect(mirror.calls()).toEqual([]);
  });

  it("[A5a] that is made up reaches the upstream only within the limit", async () => {
    const { mirror } = createLimited(3);
    const codes: number[] = [];
    for (let index = 0; index < 10; index++) {
      const path = `/v2/busybox/manifests/${madeUp(index)}`;
      codes.push((await from(mirror, NOISY, path, { method: "HEAD" })).status);
    }
    expect(codes).toEqual([404, 404, 404, 429, 429, 429, 429, 429, 429, 429]);
    expect(mirror.hub.count({ path: /manifests/ })).toBe(3);
  });

  it("[A5a] is not refused to one client because of the limit of another", async () => {
    const { mirror, counts } = createLimited(1, { env: { ACCESS_PATHS: `office=${SECRET}` } });
    counts.set(`client ${NOISY}`, 1);
    const path = `/${SECRET}${BY_DIGEST}`;
    const noisy = from(mirror, NOISY, path);
    const quiet = from(mirror, QUIET, path);
    expect([(await noisy).status, (await quiet).status]).toEqual([429, 200]);
  });
});

describe("a check of visibility", () => {
  it.each([`manifests/${madeUp(1)}`, `blobs/${LAYER.digest}`])(
    "[A5a] is counted before it reaches the upstream: %s",
    async (route) => {
      const { mirror } = createLimited(0, {
        env: ACCOUNT,
        hub: { accounts: { sampan: "hunter2" } },
      });
      const answer = await from(mirror, NOISY, `/v2/grafana/grafana/${route}`);
      expect([answer.status, answer.error?.code]).toEqual([429, "TOOMANYREQUESTS"]);
      expect(mirror.calls()).toEqual([]);
    },
  );

  it("[A5a] that a tag has caused is counted with the tag", async () => {
    const { mirror, counts } = createLimited(1, {
      env: ACCOUNT,
      hub: { accounts: { sampan: "hunter2" }, hasAccessClaims: true },
    });
    const path = "/v2/grafana/grafana/manifests";
    expect((await from(mirror, NOISY, `${path}/1`)).status).toBe(200);
    expect((await from(mirror, NOISY, `${path}/${OCI_MANIFEST.digest}`)).status).toBe(200);
    expect([...counts]).toEqual([[`client ${NOISY}`, 1]]);
  });
});
