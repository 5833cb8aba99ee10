import { describe, expect, it } from "vitest";
import { imageOf, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
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
const ACCOUNT = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };
const BASIC = "Basic c2FtcGFuOmh1bnRlcjI=";

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror({
    env: ACCOUNT,
    hub: { accounts: { sampan: "hunter2" } },
    ...options,
  });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

describe("an account", () => {
  it("[28] [G3] gets tokens, and is told to the token service alone", async () => {
    const mirror = createStocked();
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("ratelimit-limit")).toBe("200;w=21600");
    const withBasic = mirror.hub.requests.filter(
      ({ headers }) => headers.get("authorization") === BASIC,
    );
    expect(withBasic.map(({ host, path }) => `${host} ${path}`)).toEqual(["auth /token"]);
  });

  it("[28] may have any characters", async () => {
    const env = { UPSTREAM_USERNAME: "señor", UPSTREAM_PASSWORD: "a:b ü" };
    const mirror = createStocked({ env, hub: { accounts: { señor: "a:b ü" } } });
    expect((await mirror.get(TAG)).headers.get("ratelimit-limit")).toBe("200;w=21600");
  });

  it("[28] stands in the cache as a hash only", async () => {
    const mirror = createStocked();
    await mirror.get(TAG);
    const keys = await mirror.kv.keys();
    expect(keys.length).toBe(3);
    expect(keys.filter((key) => /sampan|hunter2/.test(key))).toEqual([]);
  });

  it("[28] has tokens of its own: another account starts afresh", async () => {
    const mirror = createStocked();
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
  ])("[31] that is rejected with %i fails, and is never left out", async (code, calls) => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ host: "auth" }, () => status(code)));
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(502);
    expect(answer.error?.code).toBe("UNAVAILABLE");
    expect(answer.error?.message).toContain("UPSTREAM_PASSWORD");
    expect(mirror.calls()).toEqual(calls);
    expect(mirror.hub.requests.at(-1)?.headers.get("authorization")).toBe(BASIC);
    expect(mirror.log.at(-1)?.fields).toMatchObject({ status: 502, reason: "account rejected" });
  });

  it("[31] that has a wrong password is rejected", async () => {
    const mirror = createStocked({ hub: { accounts: { sampan: "another" } } });
    expect((await mirror.get(TAG)).status).toBe(502);
    expect((await mirror.head(TAG)).status).toBe(502);
    expect(mirror.hub.count({ method: "HEAD" })).toBe(0);
  });

  it("[31] that is rejected fails a tag that is no longer fresh too", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.clock.advance(300);
    mirror.hub.intercept(when({ host: "auth" }, () => status(401)));
    expect((await mirror.get(TAG)).status).toBe(502);
    expect(mirror.calls()).toEqual(["auth GET /token"]);
  });

  it("[31] is not at fault where there is none: then the repository is", async () => {
    const mirror = createStocked({ env: {} });
    mirror.hub.intercept(when({ host: "auth" }, () => status(401)));
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(404);
    expect(answer.error?.code).toBe("NAME_UNKNOWN");
  });

  it("[29] opens its private repositories", async () => {
    const mirror = createStocked({
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

  it("[28] opens what it may read", async () => {
    const answer = await createBasic("hunter2").get(TAG);
    expect([answer.status, answer.text]).toEqual([200, OCI_MANIFEST.text]);
  });

  it("[29] that may not read a repository is told that there is none", async () => {
    const answer = await createBasic("hunter2").get(SECRET_TAG);
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
  });

  it.each([TAG, SECRET_TAG])("[31] that is wrong is said to be rejected: %s", async (path) => {
    const mirror = createBasic("another");
    const answer = await mirror.get(path);
    expect([answer.status, answer.error?.code]).toEqual([502, "UNAVAILABLE"]);
    expect(answer.error?.message).toContain("rejects the mirror's account");
    expect(mirror.log.at(-1)?.fields.reason).toBe("account rejected");
  });
});
