import { describe, expect, it } from "vitest";
import { imageOf, OCI_MANIFEST } from "../support/contents.ts";
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
const SERVICE = 'service="registry.docker.io"';
const ACCOUNT = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror(options);
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

function challenge(header: string): Response {
  return status(401, { "www-authenticate": header });
}

describe("a realm", () => {
  it.each([
    "",
    "http://auth.docker.io/token",
    "https://evil.example/token",
    "https://docker.io.evil.example/token",
    "https://notdocker.io/token",
    "https://auth.docker.io@evil.example/token",
    "https://auth.docker.io%2F@evil.example/token",
    "https://evil.example/auth.docker.io/token",
    "https://192.0.2.7/token",
    "https://[2001:db8::1]/token",
    "https://localhost/token",
    "https://io/token",
    "ftp://auth.docker.io/token",
    "//auth.docker.io/token",
    "/token",
    "not a URL",
  ])("[33] that is %s gets no request and no account", async (realm) => {
    const mirror = createStocked({ env: ACCOUNT, hub: { accounts: { sampan: "hunter2" } } });
    const header = `Bearer realm="${realm}",${SERVICE}`;
    mirror.hub.intercept(when({ path: /^\/v2\/$/ }, () => challenge(header)));
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(502);
    expect(answer.error?.code).toBe("UNAVAILABLE");
    expect(mirror.hub.requests.filter(({ path }) => path !== "/v2/")).toEqual([]);
  });

  it("[29] with a scope in its query gets only the mirror's scope", async () => {
    const mirror = createStocked();
    const realm = "https://auth.docker.io/token?scope=repository:x/y:pull,push&of=us";
    const header = `Bearer realm="${realm}",${SERVICE}`;
    mirror.hub.intercept(when({ path: /^\/v2\/$/ }, () => challenge(header)));
    expect((await mirror.get(TAG)).status).toBe(200);
    const { query = [] } = mirror.hub.requests.find(({ host }) => host === "auth") ?? {};
    expect([...query].sort()).toEqual([
      ["of", "us"],
      ["scope", "repository:library/busybox:pull"],
      ["service", "registry.docker.io"],
    ]);
  });

  it("[33] that is rejected is not remembered", async () => {
    const mirror = createStocked({ env: ACCOUNT, hub: { accounts: { sampan: "hunter2" } } });
    const header = `Bearer realm="https://evil.example/token",${SERVICE}`;
    mirror.hub.intercept(once({ path: /^\/v2\/$/ }, () => challenge(header)));
    expect((await mirror.get(TAG)).status).toBe(502);
    expect((await mirror.get(TAG)).status).toBe(200);
    mirror.restart();
    expect((await mirror.get(TAG)).status).toBe(200);
  });

  it("[33] that is rejected later does not replace the known one", async () => {
    const env = { ...ACCOUNT, TAG_TTL_SECONDS: 0, STALE_TTL_SECONDS: 0 };
    const mirror = createStocked({ env, hub: { accounts: { sampan: "hunter2" } } });
    await mirror.warm(TAG);
    const header = `Bearer realm="https://evil.example/token",${SERVICE}`;
    mirror.hub.intercept(once({ method: "HEAD" }, () => challenge(header)));
    await mirror.get(TAG);
    expect((await mirror.get(TAG)).status).toBe(200);
  });

  it.each([
    ["another host of another owner", "https://registry.example.com", "https://tokens.example.org"],
    ["another name of Docker Hub's", "https://registry-1.docker.io", "https://auth.docker.com"],
    ["the registry's own host", "https://ghcr.io", "https://ghcr.io"],
    ["another loopback host", "http://127.0.0.1:5001", "http://localhost:5002"],
  ])("[33] [33a] may be %s for anonymous requests", async (_, registry, auth) => {
    const env = { UPSTREAM: registry, NAMESPACE: "library" };
    const mirror = createStocked({ env, hub: { registry, auth } });
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.fetches()[1]).toContain(`${auth.replace("https://", "")} GET /token`);
    const tokens = mirror.hub.requests.filter(({ host }) => host === "auth");
    expect(tokens.map(({ headers }) => headers.get("authorization"))).toEqual([null]);
  });

  it.each([
    "http://tokens.example.org/token",
    "https://10.0.0.1/token",
    "https://169.254.169.254/token",
    "https://localhost/token",
    "https://router/token",
    "https://metadata.google.internal/token",
  ])("[33] [33a] that is not public or not https gets no anonymous request: %s", async (realm) => {
    const mirror = createStocked();
    const header = `Bearer realm="${realm}",${SERVICE}`;
    mirror.hub.intercept(when({ path: /^\/v2\/$/ }, () => challenge(header)));
    const answer = await mirror.get(TAG);
    expect([answer.status, answer.error?.code]).toEqual([502, "UNAVAILABLE"]);
    expect(mirror.fetches()).toEqual(["registry-1.docker.io GET /v2/"]);
  });

  it.each([
    ["on another host of the same domain", "https://auth.example.com"],
    ["of another owner", "https://tokens.example.org"],
  ])(
    "[33a] [32] %s does not get the account, unless it is the account's tokenHost",
    async (_, auth) => {
      const registry = "https://registry.example.com";
      const account = { username: "sampan", password: "hunter2" };
      const withHost = (tokenHost: object) => ({
        UPSTREAM: registry,
        PRIVATE_IMAGES: "public-only-account",
        REGISTRY_ACCOUNTS: JSON.stringify({ "registry.example.com": { ...account, ...tokenHost } }),
      });
      const hub = { registry, auth, accounts: { sampan: "hunter2" } };
      const mirror = createMirror({ env: withHost({}), hub });
      mirror.hub.push("owner/app", "1", imageOf(OCI_MANIFEST));
      const refused = await mirror.get("/v2/owner/app/manifests/1");
      expect([refused.status, refused.error?.code]).toEqual([502, "UNAVAILABLE"]);
      expect(mirror.hub.count({ host: "auth" })).toBe(0);
      mirror.reconfigure(withHost({ tokenHost: new URL(auth).host }));
      expect((await mirror.get("/v2/owner/app/manifests/1")).text).toBe(OCI_MANIFEST.text);
      const tokens = mirror.hub.requests.filter(({ host }) => host === "auth");
      expect(tokens.map(({ headers }) => headers.get("authorization"))).toEqual([
        "Basic c2FtcGFuOmh1bnRlcjI=",
      ]);
    },
  );

  it("[33] that is known is not replaced by Basic", async () => {
    const env = { ...ACCOUNT, PRIVATE_IMAGES: "public-only-account", TAG_TTL_SECONDS: 0 };
    const mirror = createStocked({ env, hub: { accounts: { sampan: "hunter2" } } });
    await mirror.warm(TAG);
    mirror.hub.intercept(once({ method: "HEAD" }, () => challenge('Basic realm="registry"')));
    expect((await mirror.get(TAG)).status).toBe(200);
    mirror.restart("elsewhere");
    expect((await mirror.get(TAG)).status).toBe(200);
    const shown = mirror.hub.requests.filter(({ headers }) =>
      headers.get("authorization")?.startsWith("Basic "),
    );
    expect(new Set(shown.map(({ host }) => host))).toEqual(new Set(["auth"]));
  });
});

describe("a challenge", () => {
  it.each([
    ["in other words", `bearer  Realm = "https://auth.docker.io/token" , ${SERVICE}`],
    ["unquoted", "Bearer realm=https://auth.docker.io/token,service=registry.docker.io"],
    ["after another one", `Negotiate, Bearer ${SERVICE},realm="https://auth.docker.io/token"`],
    ["with commas in it", `Bearer scope="a,b",realm="https://auth.docker.io/token",${SERVICE}`],
    ["with escapes", `Bearer realm="https:\\/\\/auth.docker.io/token",${SERVICE}`],
  ])("[29] is parsed %s", async (_, header) => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /^\/v2\/$/ }, () => challenge(header)));
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.hub.count({ host: "auth" })).toBe(1);
  });

  it("[29] is remembered in its data centre", async () => {
    const mirror = createStocked({ env: { TAG_TTL_SECONDS: 0 } });
    await mirror.warm(TAG);
    mirror.restart();
    mirror.clock.advance(300);
    await mirror.get(TAG);
    expect(mirror.calls()).toEqual(["auth GET /token", HEAD_TAG]);
  });

  it("[29] that changes is noticed at the next refusal", async () => {
    const mirror = createStocked();
    const old = 'Bearer realm="https://auth.docker.io/old-token"';
    const refuse = when({ path: /old-token/ }, () => status(404));
    mirror.hub.intercept(
      either(
        once({ path: /^\/v2\/$/ }, () => challenge(old)),
        refuse,
      ),
    );
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls().slice(0, 4)).toEqual([
      "registry GET /v2/",
      "auth GET /old-token",
      ...HANDSHAKE,
    ]);
  });

  it("[29] may come with the first refusal only", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /^\/v2\/$/ }, () => new Response("{}")));
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls().slice(0, 4)).toEqual([
      "registry GET /v2/",
      HEAD_TAG,
      "auth GET /token",
      HEAD_TAG,
    ]);
  });
});
