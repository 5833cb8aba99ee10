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
  ])("[32] is sent nothing if it is %s", async (realm) => {
    const mirror = createStocked({ env: ACCOUNT, hub: { accounts: { sampan: "hunter2" } } });
    const header = `Bearer realm="${realm}",${SERVICE}`;
    mirror.hub.intercept(when({ path: /^\/v2\/$/ }, () => challenge(header)));
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(502);
    expect(answer.error?.code).toBe("UNAVAILABLE");
    expect(mirror.hub.requests.filter(({ path }) => path !== "/v2/")).toEqual([]);
  });

  it("[28] with a scope in its query is asked for the mirror's own alone", async () => {
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

  it("[32] that is refused is not remembered: the right one, when told, is used", async () => {
    const mirror = createStocked();
    const header = `Bearer realm="https://evil.example/token",${SERVICE}`;
    mirror.hub.intercept(once({ path: /^\/v2\/$/ }, () => challenge(header)));
    expect((await mirror.get(TAG)).status).toBe(502);
    expect((await mirror.get(TAG)).status).toBe(200);
    mirror.restart();
    expect((await mirror.get(TAG)).status).toBe(200);
  });

  it("[32] that is refused later on does not take the place of the right one", async () => {
    const mirror = createStocked({ env: { TAG_TTL_SECONDS: 0, STALE_TTL_SECONDS: 0 } });
    await mirror.warm(TAG);
    const header = `Bearer realm="https://evil.example/token",${SERVICE}`;
    mirror.hub.intercept(once({ method: "HEAD" }, () => challenge(header)));
    await mirror.get(TAG);
    expect((await mirror.get(TAG)).status).toBe(200);
  });

  it.each([
    ["docker.com for docker.io", "https://registry-1.docker.io", "https://auth.docker.com"],
    ["the upstream itself", "https://ghcr.io", "https://ghcr.io"],
    ["another host of its domain", "https://docker.elastic.co", "https://docker-auth.elastic.co"],
    ["a loopback host for another", "http://127.0.0.1:5001", "http://localhost:5002"],
  ])("[32] may be %s", async (_, registry, auth) => {
    const env = { UPSTREAM: registry, NAMESPACE: "library" };
    const other = auth === registry ? "https://unused.ghcr.io" : auth;
    const mirror = createStocked({ env, hub: { registry, auth: other } });
    mirror.hub.intercept(({ path, headers }) => {
      if (path === "/v2/") return challenge(`Bearer realm="${auth}/token"`);
      if (path === "/token") return Response.json({ access_token: "stand-in.of-another-host" });
      return status(headers.has("authorization") ? 404 : 500);
    });
    expect((await mirror.get(TAG)).error?.code).toBe("MANIFEST_UNKNOWN");
    expect(mirror.hub.count({ path: /\/token$/ })).toBe(1);
  });

  it("[32] may not be of another owner under a country's own suffix", async () => {
    const registry = "https://registry.example.co.uk";
    const mirror = createStocked({
      env: { UPSTREAM: registry, NAMESPACE: "library" },
      hub: { registry, auth: "https://auth.other.co.uk" },
    });
    expect((await mirror.get(TAG)).status).toBe(502);
    expect(mirror.hub.count({ host: "auth" })).toBe(0);
  });

  it("[32] once known, is not given up for Basic: the account is for the token service", async () => {
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

  it("[32] is not followed to where it redirects", async () => {
    const mirror = createStocked();
    const location = "https://evil.example/token";
    mirror.hub.intercept(when({ host: "auth" }, () => status(307, { location })));
    expect((await mirror.get(TAG)).status).toBe(502);
    expect(mirror.hub.count({ host: "auth" })).toBe(1);
  });
});

describe("a challenge", () => {
  it.each([
    ["in other words", `bearer  Realm = "https://auth.docker.io/token" , ${SERVICE}`],
    ["unquoted", "Bearer realm=https://auth.docker.io/token,service=registry.docker.io"],
    ["after another one", `Negotiate, Bearer ${SERVICE},realm="https://auth.docker.io/token"`],
    ["with commas in it", `Bearer scope="a,b",realm="https://auth.docker.io/token",${SERVICE}`],
    ["with escapes", `Bearer realm="https:\\/\\/auth.docker.io/token",${SERVICE}`],
  ])("[28] is understood %s", async (_, header) => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /^\/v2\/$/ }, () => challenge(header)));
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.hub.count({ host: "auth" })).toBe(1);
  });

  it("[28] is remembered in its data centre: a new isolate gets its token at once", async () => {
    const mirror = createStocked({ env: { TAG_TTL_SECONDS: 0 } });
    await mirror.warm(TAG);
    mirror.restart();
    mirror.clock.advance(300);
    await mirror.get(TAG);
    expect(mirror.calls()).toEqual(["auth GET /token", HEAD_TAG]);
  });

  it("[28] that changes is noticed when the upstream refuses", async () => {
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

  it("[28] may be absent: then no token is asked for", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(({ path, headers }) => {
      expect(headers.has("authorization")).toBe(false);
      if (path === "/v2/") return new Response("{}");
      const type = { "content-type": OCI_MANIFEST.mediaType };
      return new Response(OCI_MANIFEST.bytes, { headers: type });
    });
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.hub.count({ host: "auth" })).toBe(0);
  });

  it("[28] may come with the first refusal only", async () => {
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
