import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { either, once, when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import {
  HANDSHAKE,
  type Mirror,
  type MirrorOptions,
  useMirrors,
} from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const HEAD_TAG = "registry HEAD /v2/library/busybox/manifests/1.36";
const PING = "registry GET /v2/";
const TOKEN = "auth GET /token";
const ACCOUNT = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };
const BASIC = "Basic c2FtcGFuOmh1bnRlcjI=";

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror({ ...options, env: { TAG_TTL_SECONDS: 0, ...options.env } });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

/** `issued_at` so many seconds from now, as a date. */
function dated(reply: Readonly<Record<string, unknown>>, now: number): object {
  const { issued_at: issued } = reply;
  if (typeof issued !== "number") return reply;
  return { ...reply, issued_at: new Date(now + issued * 1000).toISOString() };
}

function headersOf(digest: string): Record<string, string> {
  const contentType = OCI_MANIFEST.mediaType;
  return { "docker-content-digest": digest, "content-length": "399", "content-type": contentType };
}

function createWithAccount(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror({
    env: ACCOUNT,
    hub: { accounts: { sampan: "hunter2" } },
    ...options,
  });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

describe("a rejected token", () => {
  it.each([401, 400])("[29] with %i is replaced by a new one, once", async (code) => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.hub.intercept(once({ method: "HEAD" }, () => status(code)));
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls()).toEqual([HEAD_TAG, TOKEN, HEAD_TAG]);
    expect((await mirror.get(TAG)).status).toBe(200);
    expect(mirror.calls()).toEqual([HEAD_TAG]);
  });

  it("[29] is tried again although the token service issues the same one", async () => {
    const mirror = createStocked();
    const same: string[] = [];
    const again = when({ host: "auth" }, async (next) => {
      same.push(await (await next()).text());
      return new Response(same[0]);
    });
    mirror.hub.intercept(again);
    await mirror.warm(TAG);
    mirror.hub.intercept(
      either(
        again,
        once({ method: "HEAD" }, () => status(401)),
      ),
    );
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls()).toEqual([HEAD_TAG, TOKEN, HEAD_TAG]);
  });

  it("[29] is replaced for a blob too", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    const blobs = once({ host: "registry", path: /\/blobs\// }, () => status(401));
    mirror.hub.intercept(blobs);
    expect((await mirror.get(`/v2/busybox/blobs/${LAYER.digest}`)).text).toBe(LAYER.text);
    expect(mirror.hub.count({ host: "auth" })).toBe(2);
  });

  it("[29] from KV is replaced although its deletion has not arrived", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.restart();
    mirror.kv.keepDeleted();
    mirror.hub.intercept(once({ method: "HEAD" }, () => status(401)));
    const answer = await mirror.get(TAG);
    expect(mirror.calls()).toEqual([HEAD_TAG, TOKEN, HEAD_TAG]);
    expect(answer.status).toBe(200);
  });

  it("[29] from KV is replaced although KV takes no more writes", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.restart();
    mirror.kv.fail("write", "KV put() limit exceeded for the day.");
    mirror.hub.push("library/busybox", "1.37", imageOf(OCI_MANIFEST));
    await mirror.get("/v2/busybox/manifests/1.37");
    mirror.restart();
    mirror.kv.fail("delete", "KV delete() limit exceeded for the day.");
    mirror.calls();
    mirror.hub.intercept(once({ method: "HEAD" }, () => status(401)));
    const answer = await mirror.get(TAG);
    expect(mirror.calls()).toEqual([HEAD_TAG, TOKEN, HEAD_TAG]);
    expect(answer.status).toBe(200);
  });

  it("[30] that is new is NAME_UNKNOWN: the repository is missing or private", async () => {
    const mirror = createStocked({
      hub: { privateRepositories: { "sampan/secret": ["somebody"] } },
    });
    mirror.hub.push("sampan/secret", "1", imageOf(OCI_MANIFEST));
    for (const name of ["sampan/secret", "sampan/none"]) {
      const answer = await mirror.get(`/v2/${name}/manifests/1`);
      expect(answer.status).toBe(404);
      expect(answer.error?.code).toBe("NAME_UNKNOWN");
      expect(answer.error?.message).toContain("does not exist or is private");
    }
    expect(mirror.calls()).toEqual([
      ...HANDSHAKE,
      "registry HEAD /v2/sampan/secret/manifests/1",
      TOKEN,
      "registry HEAD /v2/sampan/none/manifests/1",
    ]);
  });

  it.each([
    ["a manifest", `manifests/${OCI_MANIFEST.digest}`],
    ["a blob", `blobs/${LAYER.digest}`],
    ["tags", "tags/list"],
  ])("[30] [29] that is new is NAME_UNKNOWN for %s", async (_, path) => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.hub.intercept(when({ host: "registry", path: /library/ }, () => status(401)));
    const answer = await mirror.get(`/v2/busybox/${path}`, { "if-none-match": '"other"' });
    const isCached = path.startsWith("manifests/");
    expect(answer.status).toBe(isCached ? 200 : 404);
    if (!isCached) expect(answer.error?.code).toBe("NAME_UNKNOWN");
    expect(mirror.hub.count({ host: "registry", path: /library/ })).toBe(isCached ? 2 : 4);
  });
});

describe("a token", () => {
  it("[29] is requested with the scope of one repository, and used for that only", async () => {
    const mirror = createStocked();
    mirror.hub.push("grafana/grafana", "1", imageOf(OCI_MANIFEST));
    await mirror.get(TAG);
    await mirror.get("/v2/busybox/tags/list");
    await mirror.get("/v2/grafana/grafana/manifests/1");
    const tokens = mirror.hub.requests.filter(({ host }) => host === "auth");
    expect(tokens.map(({ query }) => Object.fromEntries(query))).toEqual([
      { service: "registry.docker.io", scope: "repository:library/busybox:pull" },
      { service: "registry.docker.io", scope: "repository:grafana/grafana:pull" },
    ]);
    expect(tokens.every(({ headers }) => !headers.has("authorization"))).toBe(true);
  });

  it("[29] of 300 seconds is used for 290, in every isolate, and written to KV once", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    for (const where of ["here", "elsewhere"] as const) {
      mirror.clock.advance(144.9);
      mirror.restart(where);
      await mirror.get(TAG);
      expect(mirror.calls()).toEqual(where === "here" ? [HEAD_TAG] : [PING, HEAD_TAG]);
    }
    expect(mirror.kv.written()).toEqual([]);
    mirror.clock.advance(0.2);
    await mirror.get(TAG);
    expect(mirror.calls()).toEqual([TOKEN, HEAD_TAG]);
    expect(mirror.kv.written()).toEqual([]);
  });

  it.each([
    ["60 seconds", { token: "t", expires_in: 60 }, 54],
    ["no lifetime", { token: "t" }, 54],
    ["a lifetime in quotes", { token: "t", expires_in: "60" }, 54],
    ["a lifetime of 0", { token: "t", expires_in: 0 }, 54],
    ["a lifetime of ten years", { token: "t", expires_in: 315_360_000 }, 86_390],
    ["300 seconds, issued in a year", { token: "t", expires_in: 300, issued_at: 31_536_000 }, 290],
    ["100 seconds, 30 of them gone", { token: "t", expires_in: 100, issued_at: -30 }, 60],
    ["100 seconds, issued in the future", { token: "t", expires_in: 100, issued_at: 30 }, 90],
    [
      "100 seconds, with an unreadable date of issue",
      { token: "t", expires_in: 100, issued_at: "soon" },
      90,
    ],
    ["the other name", { access_token: "t", expires_in: 300 }, 290],
    ["both names", { token: "t", access_token: "t", expires_in: 300 }, 290],
    ["an empty name", { token: "", access_token: "t", expires_in: 300 }, 290],
  ])("[29] with %s is used until it expires", async (_, reply, seconds) => {
    const mirror = createStocked();
    mirror.hub.intercept(({ host, path, headers }) => {
      if (host === "auth") return Response.json(dated(reply, mirror.clock.now()));
      if (path === "/v2/") return undefined;
      expect(headers.get("authorization")).toBe("Bearer t");
      return new Response(null, { headers: headersOf(OCI_MANIFEST.digest) });
    });
    await mirror.head(TAG);
    mirror.clock.advance(seconds - 0.1);
    await mirror.head(TAG);
    mirror.restart();
    await mirror.head(TAG);
    expect(mirror.hub.count({ host: "auth" })).toBe(1);
    mirror.clock.advance(0.2);
    expect((await mirror.head(TAG)).status).toBe(200);
    expect(mirror.hub.count({ host: "auth" })).toBe(2);
  });

  it("[29] of 5 KB is used like any other", async () => {
    const mirror = createStocked();
    const token = "t".repeat(5_000);
    mirror.hub.intercept(({ host, path, headers }) => {
      if (host === "auth") return Response.json({ token, expires_in: 300 });
      if (path === "/v2/") return undefined;
      expect(headers.get("authorization")).toBe(`Bearer ${token}`);
      return new Response(null, { headers: headersOf(OCI_MANIFEST.digest) });
    });
    expect((await mirror.head(TAG)).status).toBe(200);
    mirror.restart("elsewhere");
    expect((await mirror.head(TAG)).status).toBe(200);
    expect(mirror.hub.count({ host: "auth" })).toBe(1);
  });

  it("[29] that has expired on arrival is used once", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(
      when({ host: "auth" }, async (next) => {
        const { token } = await (await next()).json<{ token: string }>();
        return Response.json(dated({ token, expires_in: 60, issued_at: -600 }, mirror.clock.now()));
      }),
    );
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.kv.written()).not.toContain("token");
  });
});

describe("an account", () => {
  it("[29] [G3] gets tokens, and is sent to the token service only", async () => {
    const mirror = createWithAccount();
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("ratelimit-limit")).toBe("200;w=21600");
    const withBasic = mirror.hub.requests.filter(
      ({ headers }) => headers.get("authorization") === BASIC,
    );
    expect(withBasic.map(({ host, path }) => `${host} ${path}`)).toEqual(["auth /token"]);
  });

  it("[29] may have any characters", async () => {
    const env = { UPSTREAM_USERNAME: "señor", UPSTREAM_PASSWORD: "a:b ü" };
    const mirror = createWithAccount({ env, hub: { accounts: { señor: "a:b ü" } } });
    expect((await mirror.get(TAG)).headers.get("ratelimit-limit")).toBe("200;w=21600");
  });

  it("[29] is part of cache keys as a hash only", async () => {
    const mirror = createWithAccount();
    await mirror.get(TAG);
    const keys = await mirror.kv.keys();
    expect(keys.length).toBe(3);
    expect(keys.filter((key) => /sampan|hunter2/.test(key))).toEqual([]);
  });

  it("[29] has its own tokens", async () => {
    const mirror = createWithAccount();
    await mirror.warm(TAG);
    mirror.hub.push("library/busybox", "1.37", imageOf(OCI_MANIFEST));
    mirror.reconfigure({});
    mirror.restart("elsewhere");
    expect((await mirror.get("/v2/busybox/manifests/1.37")).status).toBe(200);
    expect(mirror.calls()).toEqual([
      ...HANDSHAKE,
      "registry HEAD /v2/library/busybox/manifests/1.37",
    ]);
  });

  it.each([
    [401, HANDSHAKE],
    [403, [...HANDSHAKE, "auth GET /token"]],
  ])(
    "[32] that is rejected with %i is DENIED, without an anonymous request",
    async (code, calls) => {
      const mirror = createWithAccount();
      mirror.hub.intercept(when({ host: "auth" }, () => status(code)));
      const answer = await mirror.get(TAG);
      expect([answer.status, answer.error?.code]).toEqual([403, "DENIED"]);
      expect(answer.error?.message).toContain("UPSTREAM_PASSWORD");
      expect(mirror.calls()).toEqual(calls);
      expect(mirror.hub.requests.at(-1)?.headers.get("authorization")).toBe(BASIC);
      expect(mirror.log.at(-1)?.fields).toMatchObject({ status: 403, reason: "account rejected" });
    },
  );

  it("[32] with a wrong password is rejected", async () => {
    const mirror = createWithAccount({ hub: { accounts: { sampan: "another" } } });
    expect((await mirror.get(TAG)).status).toBe(403);
    expect((await mirror.head(TAG)).status).toBe(403);
    expect(mirror.hub.count({ method: "HEAD" })).toBe(0);
  });

  it("[32a] that is rejected leaves a cached public tag, with a warning", async () => {
    const mirror = createWithAccount();
    await mirror.warm(TAG);
    mirror.clock.advance(300);
    mirror.hub.intercept(when({ host: "auth" }, () => status(401)));
    const answer = await mirror.get(TAG);
    expect([answer.status, answer.text]).toEqual([200, OCI_MANIFEST.text]);
    expect(answer.headers.get("warning")).toContain("rejects the mirror's account");
    expect(mirror.calls()).toEqual(["auth GET /token"]);
  });

  it("[32] is not named if there is none: the repository is missing", async () => {
    const mirror = createWithAccount({ env: {} });
    mirror.hub.intercept(when({ host: "auth" }, () => status(401)));
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(404);
    expect(answer.error?.code).toBe("NAME_UNKNOWN");
  });

  it("[30] opens its private repositories", async () => {
    const mirror = createWithAccount({
      hub: {
        accounts: { sampan: "hunter2" },
        privateRepositories: { "library/busybox": ["sampan"] },
      },
    });
    expect((await mirror.get(TAG)).status).toBe(200);
    expect(mirror.calls().slice(0, 3)).toEqual([...HANDSHAKE, HEAD_TAG]);
  });
});

describe("an account of a registry that asks for HTTP Basic", () => {
  /** A registry that lets `password` in, though not to `secret`. */
  function createBasic(password: string): Mirror {
    const right = `Basic ${btoa(`sampan:${password}`)}`;
    const registry = async (input: string | URL | Request, init?: RequestInit) => {
      const { pathname } = new URL(String(input));
      const isIn = new Headers(init?.headers).get("authorization") === right;
      if (!isIn || pathname.includes("/secret/")) {
        return status(401, { "www-authenticate": 'Basic realm="registry"' });
      }
      return pathname === "/v2/" ? new Response("{}") : new Response(OCI_MANIFEST.bytes, MANIFEST);
    };
    const env = { ...ACCOUNT, PRIVATE_IMAGES: "public-only-account" };
    return createMirror({ env, network: () => registry });
  }
  const MANIFEST = { headers: { "content-type": OCI_MANIFEST.mediaType } };
  const SECRET_TAG = "/v2/team/secret/manifests/1";

  it("[29] opens what it may read", async () => {
    const answer = await createBasic("hunter2").get(TAG);
    expect([answer.status, answer.text]).toEqual([200, OCI_MANIFEST.text]);
  });

  it("[30] without access to a repository is NAME_UNKNOWN", async () => {
    const answer = await createBasic("hunter2").get(SECRET_TAG);
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
  });

  it.each([TAG, SECRET_TAG])("[32] with a wrong password is rejected: %s", async (path) => {
    const mirror = createBasic("another");
    const answer = await mirror.get(path);
    expect([answer.status, answer.error?.code]).toEqual([403, "DENIED"]);
    expect(answer.error?.message).toContain("rejects the mirror's account");
    expect(mirror.log.at(-1)?.fields.reason).toBe("account rejected");
  });
});
