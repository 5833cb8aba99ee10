import { describe, expect, it } from "vitest";
import { OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import { HANDSHAKE } from "../support/mirror/in-process.ts";
import {
  ACCOUNT,
  SECRET,
  SERVED,
  usePrivateMirrors,
  WEEK_SECONDS,
  warmEverything,
} from "../support/mirror/scenarios.ts";

const createStocked = usePrivateMirrors();

describe("the visibility of an image", () => {
  it("[A6a] is not checked for official images", async () => {
    const { mirror } = createStocked();
    await mirror.get("/v2/busybox/manifests/1");
    expect(mirror.calls()).toEqual([
      "registry GET /v2/",
      "auth GET /token",
      "registry HEAD /v2/library/busybox/manifests/1",
      `registry GET /v2/library/busybox/manifests/${OCI_MANIFEST.digest}`,
    ]);
    expect((await mirror.kv.keys()).filter((key) => key.includes("/public/"))).toEqual([]);
  });

  it("[A6e] takes one anonymous token a week, in all isolates", async () => {
    const { mirror } = createStocked();
    await mirror.get("/v2/grafana/grafana/manifests/1");
    const calls = mirror.calls();
    expect(calls.filter((call) => call === "auth GET /token")).toHaveLength(2);
    expect(calls.filter((call) => call.startsWith("registry HEAD"))).toHaveLength(1);
    expect(mirror.hub.pulls()).toBe(1);
    mirror.restart("elsewhere");
    await mirror.get(`/v2/grafana/grafana/manifests/${OCI_MANIFEST.digest}`);
    expect(mirror.calls()).toEqual([]);
    mirror.clock.advance(WEEK_SECONDS);
    await mirror.get(`/v2/grafana/grafana/manifests/${OCI_MANIFEST.digest}`);
    expect(mirror.calls()).toEqual(HANDSHAKE);
  });

  it("[A6e] takes one HEAD, and no pull, if tokens have no access claims", async () => {
    const { mirror } = createStocked(ACCOUNT, false);
    await mirror.get("/v2/grafana/grafana/manifests/1");
    const heads = mirror.calls().filter((call) => call.startsWith("registry HEAD"));
    expect(heads).toHaveLength(2);
    expect(mirror.hub.pulls()).toBe(1);
  });

  it("[A6] is not decided by a page that the registry redirects to", async () => {
    const { mirror } = createStocked(ACCOUNT, false);
    const login = "https://production.cloudfront.docker.com/login";
    mirror.hub.intercept(async ({ host, path }, next) => {
      if (host === "storage") return status(200);
      const answer = await next();
      const isRefused = path.includes("/manifests/") && answer.status === 401;
      return isRefused ? status(302, { location: login }) : answer;
    });
    const answer = await mirror.get("/v2/sampan/secret/manifests/1");
    expect(mirror.hub.count({ host: "storage", path: /^\/login$/ })).toBe(1);
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
  });

  it.each([403, 404, 405, 501])(
    "[14a] [A6] is not decided by a storage that answers HEAD with %i: a GET decides",
    async (code) => {
      const { mirror } = createStocked(ACCOUNT, false);
      mirror.hub.intercept(({ host, method, path }) => {
        if (host === "registry" && path.includes("/grafana/grafana/manifests/")) {
          return status(307, { location: "https://production.cloudfront.docker.com/manifest" });
        }
        if (host !== "storage") return undefined;
        if (method === "HEAD") return status(code);
        const headers = { "content-type": OCI_MANIFEST.mediaType };
        return new Response(OCI_MANIFEST.bytes, { headers });
      });
      const answer = await mirror.get("/v2/grafana/grafana/manifests/1");
      expect([answer.status, answer.text]).toEqual([200, OCI_MANIFEST.text]);
    },
  );

  it.each([405, 501])(
    "[14a] [A6] is decided by a GET if the registry rejects HEAD: %i",
    async (code) => {
      const { mirror } = createStocked(ACCOUNT, false);
      mirror.hub.intercept(when({ host: "registry", method: "HEAD" }, () => status(code)));
      const answer = await mirror.get("/v2/grafana/grafana/manifests/1");
      expect([answer.status, answer.text]).toEqual([200, OCI_MANIFEST.text]);
      const secret = await mirror.get("/v2/sampan/secret/manifests/1");
      expect([secret.status, secret.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
    },
  );

  it("[14a] [A6b] is not decided by a storage that refuses GET too", async () => {
    const { mirror } = createStocked(ACCOUNT, false);
    mirror.hub.intercept(({ host, path }) => {
      if (host === "storage") return status(403);
      if (!path.includes("/grafana/grafana/manifests/")) return undefined;
      return status(307, { location: "https://production.cloudfront.docker.com/manifest" });
    });
    const path = "/v2/grafana/grafana/manifests/1";
    expect((await mirror.get(path)).status).toBe(502);
    mirror.hub.intercept(null);
    expect((await mirror.get(path)).status).toBe(200);
  });

  it("[A6] of a private image is checked again after a minute", async () => {
    const { mirror, secrets } = createStocked();
    await mirror.warm("/v2/sampan/secret/manifests/1");
    delete secrets["sampan/secret"];
    expect((await mirror.get("/v2/sampan/secret/manifests/1")).status).toBe(404);
    expect(mirror.calls()).toEqual([]);
    mirror.clock.advance(360);
    expect((await mirror.get("/v2/sampan/secret/manifests/1")).status).toBe(200);
  });

  it.each([500, 503, 429])(
    "[A6b] that cannot be checked because of a %i is an error that names the setting",
    async (code) => {
      const { mirror } = createStocked();
      await mirror.warm("/v2/busybox/manifests/1");
      mirror.hub.intercept(when({ host: "auth" }, () => status(code)));
      const answer = await mirror.get("/v2/grafana/grafana/manifests/1");
      expect(answer.status).toBe(code === 429 ? 429 : 502);
      expect(answer.error?.message).toContain('PRIVATE_IMAGES to "public-only-account"');
      expect(mirror.hub.count({ path: /grafana/ })).toBe(0);
    },
  );

  it("[A6b] [35] that cannot be checked because of a 429 is checked again after Retry-After", async () => {
    const { mirror } = createStocked();
    await mirror.warm("/v2/busybox/manifests/1");
    const limited = new Headers({ "retry-after": "7" });
    mirror.hub.intercept(
      when({ host: "auth" }, () => new Response(null, { status: 429, headers: limited })),
    );
    const path = "/v2/grafana/grafana/manifests/1";
    for (let tries = 1; tries <= 5; tries++) expect((await mirror.get(path)).status).toBe(429);
    expect(mirror.calls()).toHaveLength(1);
    mirror.clock.advance(7);
    await mirror.get(path);
    expect(mirror.calls()).toHaveLength(1);
  });

  it.each([
    ["manifests/1", "MANIFEST_UNKNOWN", 1],
    [`blobs/${OCI_MANIFEST.digest}`, "BLOB_UNKNOWN", 2],
    ["tags/list", "NAME_UNKNOWN", 2],
    [`referrers/${OCI_MANIFEST.digest}`, "MANIFEST_UNKNOWN", 1],
  ])("[A6b] is decided by a 404 of the check itself: %s", async (route, code, asked) => {
    const { mirror } = createStocked(ACCOUNT, false);
    await mirror.warm("/v2/busybox/manifests/1");
    mirror.hub.intercept(when({ host: "registry" }, () => status(404)));
    for (let tries = 1; tries <= 2; tries++) {
      const { error } = await mirror.get(`/v2/grafana/grafana/${route}`);
      expect(error?.code).toBe(code);
    }
    expect(mirror.hub.count({ path: /v2.grafana/ })).toBe(asked);
  });

  it("[A6b] is not decided by another missing tag", async () => {
    const { mirror } = createStocked(ACCOUNT, false);
    const missing = mirror.get("/v2/grafana/grafana/manifests/none");
    const there = mirror.get("/v2/grafana/grafana/manifests/1");
    expect([(await missing).status, (await there).status]).toEqual([404, 200]);
  });

  it("[A6e] stays public if the upstream fails at the next check", async () => {
    const { mirror } = createStocked();
    await mirror.warm("/v2/grafana/grafana/manifests/1");
    mirror.clock.advance(WEEK_SECONDS);
    mirror.hub.become("gone");
    const answer = await mirror.get("/v2/grafana/grafana/manifests/1");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("warning")).not.toBeNull();
  });
});

describe("an upstream that hangs during a visibility check", () => {
  it("[A6e] [G5] delays one request in 30 seconds, by one timeout", async () => {
    const { mirror } = createStocked();
    await mirror.warm("/v2/grafana/grafana/manifests/1");
    mirror.clock.advance(WEEK_SECONDS);
    mirror.hub.intercept(() => "hang");
    const path = `/v2/grafana/grafana/manifests/${OCI_MANIFEST.digest}`;
    const waiting = mirror.send(path);
    await mirror.clock.whenRunning(1, 10);
    mirror.clock.advance(10);
    expect((await waiting).status).toBe(200);
    mirror.calls();
    for (const seconds of [0, 29]) {
      mirror.clock.advance(seconds);
      expect((await mirror.send(path)).status).toBe(200);
    }
    expect(mirror.calls()).toEqual([]);
    mirror.clock.advance(1);
    mirror.hub.intercept(null);
    expect((await mirror.get(path)).status).toBe(200);
    expect(mirror.calls()).toEqual(["auth GET /token"]);
  });
});

describe("KV", () => {
  it("[A6e] [12] is written four times by a cold pull with a visibility check", async () => {
    const { mirror } = createStocked();
    for (const reference of ["1", OCI_MANIFEST.digest]) {
      await mirror.get(`/v2/grafana/grafana/manifests/${reference}`);
    }
    expect(mirror.kv.written()).toEqual(["manifest", "public", "tag", "token"]);
  });
});

describe("PRIVATE_IMAGES", () => {
  it("[A6c] public-only-account checks nothing", async () => {
    const { mirror } = createStocked({ ...ACCOUNT, PRIVATE_IMAGES: "public-only-account" });
    expect((await mirror.get("/v2/grafana/grafana/manifests/1")).status).toBe(200);
    expect(mirror.calls().filter((call) => call === "auth GET /token")).toHaveLength(1);
  });

  it("[A6d] allow serves private images behind the lock", async () => {
    const { mirror } = createStocked(SERVED);
    await warmEverything(mirror, `/${SECRET}/v2/`);
    expect((await mirror.ask("/v2/sampan/secret/manifests/1")).text).toBe("Not found.\n");
  });

  it.each([
    [{ PRIVATE_IMAGES: "allow" }, /PRIVATE_IMAGES .*ACCESS_PATHS or ACCESS_USERS/],
    [{ ...ACCOUNT, PRIVATE_IMAGES: "allow", ACCESS_NETWORKS: "10.0.0.0/8" }, /PRIVATE_IMAGES/],
    [{ ...ACCOUNT, PRIVATE_IMAGES: "yes" }, /PRIVATE_IMAGES .*check, public-only-account, allow/],
  ])("[A6d] %j is a misconfiguration that the error names", async (env, message) => {
    const { mirror } = createStocked(env);
    const answer = await mirror.get("/v2/sampan/secret/manifests/1");
    expect([answer.status, answer.error?.code]).toEqual([500, "UNKNOWN"]);
    expect(answer.error?.message).toMatch(message);
    expect(mirror.calls()).toEqual([]);
  });
});
