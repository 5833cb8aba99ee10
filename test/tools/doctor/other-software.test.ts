import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { diagnoseRegistryError } from "../../../tools/doctor/diagnosis/reply.ts";
import { examineWith, expectNotOk } from "./support/examine.ts";
import { type Change, replace, set, startProxy, type TestProxy } from "./support/proxy.ts";

const REGISTRY = {
  "docker-distribution-api-version": "registry/2.0",
  "content-type": "application/json",
};
const PAGE = { "content-type": "text/html; charset=UTF-8" };
const CLOUDFLARE = { ...PAGE, server: "cloudflare", "cf-ray": "8a1b2c3d4e5f6789-FRA" };
const CLOUDFLARE_TEXT = { "content-type": "text/plain; charset=UTF-8", server: "cloudflare" };
const SECRET = "0123456789abcdef";

let proxy: TestProxy;
beforeAll(async () => {
  proxy = await startProxy(null);
});
afterEach(() => proxy.change(null));
afterAll(() => proxy.close());

function bearer(realm: string, service: string) {
  return { "www-authenticate": `Bearer realm="${realm}",service="${service}"` };
}

function errorBody(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message }] });
}

const UNAUTHORIZED = errorBody("UNAUTHORIZED", "authentication required");

describe("one request to /v2/ is enough to recognise", () => {
  test.each<[string, Change, RegExp]>([
    [
      "nginx",
      replace(200, "<!DOCTYPE html><title>Welcome to nginx!</title>", {
        ...PAGE,
        server: "nginx/1.27.0",
      }),
      /^failure: 200, but not from a registry: a web server \(nginx\/1\.27\.0\) answers 200 and the page “Welcome to nginx!” → .*correct the address/,
    ],
    [
      "a page with a long title that contains control characters",
      replace(
        200,
        `<html><TITLE lang="en">\n  My\u001b[2J\u009bfiles ${"and more ".repeat(90)}</TITLE></html>`,
        PAGE,
      ),
      /^failure: 200, but .*: other software answers 200 and the page “My\\u001b\[2J\\u009bfiles (?:and more ){6}and…” → .*correct the address/,
    ],
    [
      "another page behind Cloudflare",
      replace(200, "<html><title>My blog</title></html>", CLOUDFLARE),
      /^failure: 200, but .*: other software behind Cloudflare answers 200 and the page “My blog” → .*deploy Sampan at this host/,
    ],
    [
      "a page without a title",
      replace(200, "<html><title></title></html>", PAGE),
      /^failure: 200, but .*: other software answers 200 → .*correct the address/,
    ],
    [
      "JSON that is not from a registry",
      replace(200, "{}", { "content-type": "application/json" }),
      /^failure: 200, but not from a registry: other software answers 200 → /,
    ],
    [
      "a registry that does not answer JSON",
      replace(200, "OK", REGISTRY),
      /^failure: 200, but not from a registry: another registry or mirror/,
    ],
    [
      "a web server without a registry",
      replace(404, "<html>not found</html>", { ...PAGE, server: "Caddy" }),
      /^failure: 404, a web server \(Caddy\) answers 404 → .*deploy Sampan at this host/,
    ],
    [
      "cloudflare-docker-proxy",
      replace(401, '{"message":"UNAUTHORIZED"}', {
        "content-type": "text/plain;charset=UTF-8",
        ...bearer("https://mirror.example.com/v2/auth", "cloudflare-docker-proxy"),
      }),
      /^failure: 401 for \/v2\/: cloudflare-docker-proxy answers, not Sampan → .*an old Worker/,
    ],
    [
      "Docker Hub's own challenge",
      replace(401, UNAUTHORIZED, {
        ...REGISTRY,
        ...bearer("https://auth.docker.io/token", "registry.docker.io"),
      }),
      /^failure: 401 for \/v2\/: the challenge sends clients to auth\.docker\.io for a token → .*every pull fails/,
    ],
    [
      "Harbor",
      replace(401, UNAUTHORIZED, {
        ...REGISTRY,
        ...bearer("https://harbor.example.com/service/token", "harbor-registry"),
      }),
      /^failure: .*Harbor answers, not Sampan.* → .*correct the address/,
    ],
    [
      "a registry with its own login",
      replace(401, UNAUTHORIZED, { ...REGISTRY, "www-authenticate": 'Basic realm="Sonatype"' }),
      /^failure: 401 with a Basic challenge: the mirror is locked.* → .*--user name:token/,
    ],
    [
      "a misconfigured mirror",
      replace(
        500,
        errorBody("UNKNOWN", "the mirror is misconfigured: TAG_TTL_SECONDS must be a number"),
        REGISTRY,
      ),
      /^failure: 500, UNKNOWN: the mirror is misconfigured: TAG_TTL_SECONDS must be a number → .*correct that variable \(docs\/configuration\.md\)/,
    ],
    [
      "a mirror without its KV namespace",
      replace(
        500,
        errorBody("UNKNOWN", "the mirror is misconfigured: CACHE is not bound"),
        REGISTRY,
      ),
      /^failure: .*CACHE is not bound.* → .*named CACHE/,
    ],
    [
      "a mirror that does not serve this network",
      replace(403, errorBody("DENIED", "this mirror does not serve your network"), REGISTRY),
      /^failure: 403, DENIED: this mirror does not serve your network.* → .*ACCESS_NETWORKS/,
    ],
    [
      "a challenge for browsers",
      replace(403, "<!DOCTYPE html><title>Just a moment...</title>", {
        ...CLOUDFLARE,
        "cf-mitigated": "challenge",
      }),
      /^failure: 403, Cloudflare's challenge for browsers → .*Bot Fight Mode/,
    ],
    [
      "a phishing warning",
      replace(200, "<html><title>Suspected phishing site | Cloudflare</title></html>", CLOUDFLARE),
      /^failure: 200, but .*: Cloudflare's phishing warning → .*request a review/,
    ],
    [
      "Cloudflare Access",
      replace(302, "", {
        ...CLOUDFLARE,
        location: "https://team.cloudflareaccess.com/cdn-cgi/access/login/mirror.example.com",
      }),
      /^failure: 302, the login page of Cloudflare Access → .*Bypass policy/,
    ],
    [
      "a firewall's page",
      replace(
        403,
        "<html><title>Attention Required! | Cloudflare</title>Sorry, you have been blocked</html>",
        CLOUDFLARE,
      ),
      /^failure: 403, Cloudflare's firewall blocks the request → .*Security → Events/,
    ],
    [
      "the daily limit of the free plan",
      replace(429, "error code: 1027", CLOUDFLARE_TEXT),
      /^failure: 429, Cloudflare error 1027: the free plan's 100,000 requests.* → .*midnight UTC/,
    ],
    [
      "a rate limit of the zone",
      replace(429, '{"title":"Error 1015: You are being rate limited","error_code":1015}', {
        ...CLOUDFLARE_TEXT,
        "content-type": "application/json",
      }),
      /^failure: 429, Cloudflare error 1015: a rate limit of the zone.* → .*Rate limiting/,
    ],
    [
      "an exception of the Worker",
      replace(
        500,
        '<html><title>Worker threw exception | Cloudflare</title><span class="cf-error-code">1101</span></html>',
        CLOUDFLARE,
      ),
      /^failure: 500, Cloudflare error 1101: the Worker threw.* → .*npm run logs/,
    ],
    [
      "exceeded CPU time",
      replace(503, "error code: 1102", { ...PAGE, server: "cloudflare" }),
      /^failure: .*1102: the Worker exceeded its CPU time.* → .*10 ms/,
    ],
    [
      "a failure of the Workers runtime",
      replace(500, "error code: 1104", CLOUDFLARE_TEXT),
      /^failure: 500, Cloudflare error 1104: the Workers runtime failed.* → .*cloudflarestatus/,
    ],
    [
      "an error of Cloudflare that is not in the list",
      replace(403, "error code: 1035", CLOUDFLARE_TEXT),
      /^failure: 403, Cloudflare error 1035: see its documentation.* → .*developers\.cloudflare\.com/,
    ],
    [
      "a host whose server is gone",
      replace(
        522,
        "<html><title>mirror.example.com | 522: Connection timed out</title></html>",
        CLOUDFLARE,
      ),
      /^failure: 522, Cloudflare error 522: no connection to a server.* → .*custom domain/,
    ],
    [
      "a host without an origin",
      replace(530, "error code: 1016", CLOUDFLARE_TEXT),
      /^failure: 530, Cloudflare error 1016: the host has no origin.* → .*custom domain/,
    ],
    [
      "a name without a Worker",
      replace(404, "error code: 1042", CLOUDFLARE_TEXT),
      /^failure: .*1042: no Worker at this name.* → .*workers_dev = true/,
    ],
    [
      "a redirect of the zone",
      replace(301, "", { ...CLOUDFLARE, location: "https://www.example.com/v2/" }),
      /^failure: 301, a redirect to www\.example\.com → .*Redirect Rules/,
    ],
    [
      "nothing, and quotes it without control characters",
      replace(418, "short and\n\u001b[31mstout", { "content-type": "text/plain" }),
      /^failure: 418 for GET \(text\/plain\): short and \\u001b\[31mstout → .*npm run logs/,
    ],
  ])("%s", async (_, change, expected) => {
    proxy.change(change);

    const outcome = await examineWith([proxy.origin]);

    expectNotOk(outcome, { ping: expected });
    expect(outcome.notChecked).toContain("manifest");
    expect(outcome.tally.requests).toBe(1);
  });
});

describe("another registry is recognised by its errors", () => {
  test("without a login", async () => {
    proxy.change((answer, asked) => {
      set(REGISTRY, asked.path === "/v2/" ? 200 : 404)(answer, asked);
      const body = asked.path === "/v2/" ? "{}" : errorBody("MANIFEST_UNKNOWN", "unknown");
      answer.bytes = Buffer.from(body);
    });

    expectNotOk(await examineWith([proxy.origin]), {
      identity: /^failure: another registry or mirror, such as hammal/,
    });
  });

  test("with a login that it accepts", async () => {
    proxy.change((answer, asked) => {
      const isLoggedIn = asked.headers.has("authorization");
      const isPing = asked.path === "/v2/";
      set(REGISTRY, isLoggedIn ? (isPing ? 200 : 400) : 401)(answer, asked);
      if (!isLoggedIn) answer.headers.set("www-authenticate", 'Basic realm="Registry"');
      answer.bytes = Buffer.from(isPing && isLoggedIn ? "{}" : errorBody("DIGEST_INVALID", "x"));
    });

    expectNotOk(await examineWith([proxy.origin, "--user", "bob:s3cret"]), {
      identity: /^failure: another registry or mirror/,
    });
  });
});

test("a login is sent to no host but the mirror's", async () => {
  let sent = 0;
  proxy.change((answer, asked) => {
    if (asked.headers.has("authorization")) sent += 1;
    set({ ...REGISTRY, ...bearer("https://evil.example/token", "x") }, 401)(answer, asked);
  });

  expectNotOk(await examineWith([proxy.origin, "--user", "bob:s3cret"]), {
    ping: /^failure: 401 for \/v2\/: the challenge sends clients to evil\.example/,
  });
  expect(sent).toBe(0);
});

test("a token by GET only is a failure, because containerd uses POST", async () => {
  proxy.change((answer, asked) => {
    const host = new URL(proxy.origin).host;
    const isToken = asked.path.startsWith("/token");
    if (isToken && asked.method === "GET") return replace(200, '{"token":"t"}')(answer, asked);
    if (isToken) return replace(405, errorBody("UNSUPPORTED", "GET only"))(answer, asked);
    const isLoggedIn = asked.headers.get("authorization") === "Bearer t";
    const challenge = bearer(`${proxy.origin}/token`, host);
    set({ ...REGISTRY, ...challenge }, isLoggedIn ? 200 : 401)(answer, asked);
  });

  expectNotOk(await examineWith([proxy.origin, "--user", "bob:s3cret"]), {
    login: /^failure: a token by GET, but not by POST, which containerd uses: 405, UNSUPPORTED/,
  });
});

describe("the lock of a mirror with a path secret", () => {
  /** A locked Sampan, except for one change. */
  function examineLocked(change: Change) {
    proxy.change((answer, asked) => {
      const isInside = asked.path.includes(SECRET);
      const body = isInside ? "{}" : "Not found.\n";
      const headers = isInside ? REGISTRY : { "content-type": "text/plain; charset=utf-8" };
      replace(isInside ? 200 : 404, body, headers)(answer, asked);
      if (asked.path.endsWith("sha256:0")) {
        const error = errorBody("DIGEST_INVALID", "x");
        replace(400, error, { ...REGISTRY, "cache-control": "no-store, no-transform" })(
          answer,
          asked,
        );
      }
      change(answer, asked);
    });
    return examineWith([`${proxy.origin}/${SECRET}`]);
  }

  test.each<[string, Change, RegExp]>([
    ["is intact", () => {}, /^ok: 404 without the secret, 404 with a wrong one; 200 for both/],
    [
      "is intact if /v2/ asks for a login",
      (answer, asked) => {
        const challenge = bearer(`${proxy.origin}/token`, "x");
        if (asked.path === "/v2/") set({ ...REGISTRY, ...challenge }, 401)(answer, asked);
      },
      /^ok: 401 without the secret, 404 with a wrong one/,
    ],
    [
      "is revealed by the challenge of a registry",
      (answer, asked) => {
        const challenge = bearer("https://auth.docker.io/token", "x");
        if (asked.path === "/v2/") set({ ...REGISTRY, ...challenge }, 401)(answer, asked);
      },
      /^failure: without the secret, the response \(401\) differs/,
    ],
    [
      "is open without the secret",
      (answer, { path }) => {
        if (path === "/v2/") answer.status = 200;
      },
      /^failure: the mirror also answers without the secret → /,
    ],
    [
      "is open for any secret",
      (answer, { path }) => {
        if (/^\/\w+\/v2\/$/.test(path)) answer.status = 200;
      },
      /^failure: the mirror also answers with a wrong secret → /,
    ],
    [
      "is revealed by a header",
      (answer, { path }) => {
        if (path === "/v2/") answer.headers.set("docker-distribution-api-version", "registry/2.0");
      },
      /^failure: without the secret, the response \(404\) differs from that for an unknown path \(404\) → /,
    ],
    [
      "is revealed by the body",
      (answer, { path }) => {
        if (/^\/\w+\/v2\/$/.test(path) && !path.includes(SECRET)) answer.bytes = Buffer.from("No.");
      },
      /^failure: with a wrong secret, the response \(404\) differs/,
    ],
    [
      "does not accept BuildKit's form",
      (answer, { path }) => {
        if (path === `/v2/${SECRET}/`) answer.status = 404;
      },
      /^failure: 404 for \/v2\/…\/, the form that BuildKit uses → /,
    ],
  ])("%s", async (_, change, expected) => {
    const { ok, notOk } = await examineLocked(change);

    expect(notOk.lock ?? `ok: ${ok.lock}`).toMatch(expected);
  });
});

describe("the remedy for an error of the mirror", () => {
  test.each([
    ["UNKNOWN", "the mirror is misconfigured: LOGIN_KEY is too short", /correct that variable/],
    ["UNKNOWN", "internal error", /npm run logs/],
    [
      "TOOMANYREQUESTS",
      "library/a:1: the pull quota is used up; the mirror has no account",
      /^configure an account/,
    ],
    ["TOOMANYREQUESTS", "library/a:1: the pull quota is used up", /^wait up to 6 hours/],
    ["TOOMANYREQUESTS", "rate limit exceeded: wait 60 s", /RATE_LIMIT/],
    [
      "TOOMANYREQUESTS",
      "library/a:1: too many requests",
      /^wait some minutes: Docker Hub also limits/,
    ],
    ["UNAVAILABLE", "auth.docker.io rejects the mirror's account", /new access token/],
    ["DENIED", "auth.docker.io rejects the mirror's account", /new access token/],
    ["UNAVAILABLE", "lscr.io names another token service", /tokenHost/],
    ["UNAVAILABLE", "the storage at s3.example refused with 403", /storage refuses/],
    ["UNAVAILABLE", "cannot determine whether a/b is public", /public-only-account/],
    ["UNAVAILABLE", "registry-1.docker.io timed out", /its upstream does not/],
    ["DENIED", "this mirror does not serve your network", /ACCESS_NETWORKS/],
    ["DENIED", 'library/a: the rule "library/*" of IMAGES_DENY', /change that rule/],
    ["DENIED", "a/b: the upstream denies access", /the upstream denies it/],
    ["UNAUTHORIZED", "log in to this mirror first", /--user name:token/],
    ["NAME_UNKNOWN", 'registry "ghcr.io" is not configured here', /REGISTRIES/],
    ["NAME_UNKNOWN", "a/b:1 does not exist or is private", /PRIVATE_IMAGES or LOGIN/],
    ["MANIFEST_UNKNOWN", "a/b:1 is unknown", /no such tag/],
    ["BLOB_UNKNOWN", "a/b@sha256:0 is unknown", /lost part/],
    ["SOMETHING_NEW", "x", /npm run logs/],
  ])("%s %s", (code, message, remedy) => {
    const diagnosis = diagnoseRegistryError(errorBody(code, message));

    expect(diagnosis?.evidence).toBe(`${code}: ${message}`);
    expect(diagnosis?.remedy).toMatch(remedy);
  });

  test.each([[""], ["<html></html>"], ['{"message":"x"}'], ['{"errors":[]}'], ['{"errors":[{}]}']])(
    "needs an error body, not %j",
    (text) => {
      expect(diagnoseRegistryError(text)).toBeNull();
    },
  );
});
