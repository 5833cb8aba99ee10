import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { examineWith } from "./support/examine.ts";
import { type Front, startFront } from "./support/front.ts";

/** What answers in the mirror's place, whatever is asked. */
interface Stranger {
  readonly what: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly evidence: RegExp;
  readonly remedy: RegExp;
}

const REGISTRY = {
  "docker-distribution-api-version": "registry/2.0",
  "content-type": "application/json",
};
const PAGE = { "content-type": "text/html; charset=UTF-8" };
const CLOUDFLARE = { ...PAGE, server: "cloudflare", "cf-ray": "8a1b2c3d4e5f6789-FRA" };
const UNAUTHORIZED = '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}';

const STRANGERS: readonly Stranger[] = [
  {
    what: "nginx",
    status: 200,
    headers: { ...PAGE, server: "nginx/1.27.0" },
    body: "<!DOCTYPE html><title>Welcome to nginx!</title>",
    evidence: /^200, but not of a registry: a web server \(nginx\/1\.27\.0\) answers/,
    remedy: /correct the address/,
  },
  {
    what: "a web server without a registry",
    status: 404,
    headers: { ...PAGE, server: "Caddy" },
    body: "<html>not found</html>",
    evidence: /^404 a web page: a web server \(Caddy\)/,
    remedy: /deploy Sampan at this host/,
  },
  {
    what: "cloudflare-docker-proxy",
    status: 401,
    headers: {
      "content-type": "text/plain;charset=UTF-8",
      "www-authenticate":
        'Bearer realm="https://mirror.example.com/v2/auth",service="cloudflare-docker-proxy"',
    },
    body: '{"message":"UNAUTHORIZED"}',
    evidence: /^401 to \/v2\/: cloudflare-docker-proxy answers, not Sampan$/,
    remedy: /an old Worker/,
  },
  {
    what: "Docker Hub's own challenge passed on",
    status: 401,
    headers: {
      ...REGISTRY,
      "www-authenticate":
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"',
    },
    body: UNAUTHORIZED,
    evidence: /^401 to \/v2\/: clients are sent to auth\.docker\.io for a token$/,
    remedy: /every pull fails/,
  },
  {
    what: "Harbor",
    status: 401,
    headers: {
      ...REGISTRY,
      "www-authenticate":
        'Bearer realm="https://harbor.example.com/service/token",service="harbor-registry"',
    },
    body: UNAUTHORIZED,
    evidence: /Harbor answers, not Sampan/,
    remedy: /correct the address/,
  },
  {
    what: "a registry with a login of its own",
    status: 401,
    headers: { ...REGISTRY, "www-authenticate": 'Basic realm="Sonatype Nexus Repository Manager"' },
    body: UNAUTHORIZED,
    evidence: /^401 with a Basic challenge: the mirror is locked/,
    remedy: /--user name:token/,
  },
  {
    what: "a misconfigured mirror",
    status: 500,
    headers: REGISTRY,
    body: '{"errors":[{"code":"UNKNOWN","message":"the mirror is misconfigured: TAG_TTL_SECONDS must be a whole number of seconds from 0 to 315360000","detail":{}}]}',
    evidence: /^500 UNKNOWN: the mirror is misconfigured: TAG_TTL_SECONDS must be a whole number/,
    remedy: /correct that variable \(docs\/configuration\.md\)/,
  },
  {
    what: "a mirror without its KV namespace",
    status: 500,
    headers: REGISTRY,
    body: '{"errors":[{"code":"UNKNOWN","message":"the mirror is misconfigured: CACHE is not bound to a KV namespace","detail":{}}]}',
    evidence: /CACHE is not bound/,
    remedy: /\[\[kv_namespaces\]\]/,
  },
  {
    what: "a mirror that does not serve this network",
    status: 403,
    headers: REGISTRY,
    body: '{"errors":[{"code":"DENIED","message":"this mirror does not serve your network","detail":{}}]}',
    evidence: /^403 DENIED: this mirror does not serve your network/,
    remedy: /ACCESS_NETWORKS/,
  },
  {
    what: "a challenge for humans",
    status: 403,
    headers: { ...CLOUDFLARE, "cf-mitigated": "challenge" },
    body: "<!DOCTYPE html><title>Just a moment...</title>",
    evidence: /challenges you to prove that you are human/,
    remedy: /Bot Fight Mode/,
  },
  {
    what: "a warning of phishing",
    status: 200,
    headers: CLOUDFLARE,
    body: "<html><title>Suspected phishing site | Cloudflare</title></html>",
    evidence: /warns of phishing/,
    remedy: /ask for a review/,
  },
  {
    what: "Cloudflare Access",
    status: 302,
    headers: {
      ...CLOUDFLARE,
      location: "https://team.cloudflareaccess.com/cdn-cgi/access/login/mirror.example.com",
    },
    evidence: /^302 Cloudflare Access asks for a login/,
    remedy: /Bypass policy/,
  },
  {
    what: "a firewall's page",
    status: 403,
    headers: CLOUDFLARE,
    body: "<html><title>Attention Required! | Cloudflare</title>Sorry, you have been blocked</html>",
    evidence: /firewall blocks you/,
    remedy: /Security → Events/,
  },
  {
    what: "the free plan's end of the day",
    status: 429,
    headers: { "content-type": "text/plain; charset=UTF-8", server: "cloudflare" },
    body: "error code: 1027",
    evidence: /^429 Cloudflare error 1027: the free plan's 100,000 requests/,
    remedy: /midnight UTC/,
  },
  {
    what: "a rate limit of the zone",
    status: 429,
    headers: { "content-type": "application/json; charset=utf-8", server: "cloudflare" },
    body: '{"type":"https://developers.cloudflare.com/…","title":"Error 1015: You are being rate limited","status":429,"error_code":1015}',
    evidence: /^429 Cloudflare error 1015: a rate limit of the zone/,
    remedy: /Rate limiting/,
  },
  {
    what: "an exception of the Worker",
    status: 500,
    headers: CLOUDFLARE,
    body: '<html><title>Worker threw exception | mirror.example.com | Cloudflare</title><span class="cf-error-code">1101</span></html>',
    evidence: /^500 Cloudflare error 1101: the Worker threw/,
    remedy: /npm run logs/,
  },
  {
    what: "too much CPU",
    status: 503,
    headers: { ...PAGE, server: "cloudflare" },
    body: "error code: 1102",
    evidence: /1102: the Worker exceeded its CPU time/,
    remedy: /10 ms/,
  },
  {
    what: "a host that leads to a server that is not there",
    status: 522,
    headers: CLOUDFLARE,
    body: "<html><title>mirror.example.com | 522: Connection timed out</title></html>",
    evidence: /^522 Cloudflare error 522: it cannot reach a server/,
    remedy: /custom domain/,
  },
  {
    what: "a host without anything behind it",
    status: 530,
    headers: { "content-type": "text/plain; charset=UTF-8", server: "cloudflare" },
    body: "error code: 1016",
    evidence: /^530 Cloudflare error 1016: the host leads nowhere/,
    remedy: /custom domain/,
  },
  {
    what: "a name at which no Worker is",
    status: 404,
    headers: { "content-type": "text/plain; charset=UTF-8", server: "cloudflare" },
    body: "error code: 1042",
    evidence: /1042: no Worker answers at this name/,
    remedy: /workers_dev = true/,
  },
  {
    what: "a redirect of the zone",
    status: 301,
    headers: { ...CLOUDFLARE, location: "https://www.example.com/v2/" },
    evidence: /^301: the client is sent on to www\.example\.com/,
    remedy: /Redirect Rules/,
  },
  {
    what: "something that makes no sense",
    status: 418,
    headers: { "content-type": "text/plain" },
    body: "short and\nstout",
    evidence: /^GET was answered 418 \(text\/plain\): short and stout$/,
    remedy: /npm run logs/,
  },
];

let front: Front;
beforeEach(async () => {
  front = await startFront(null);
});
afterEach(() => front.close());

describe("what answers in the mirror's place is told by /v2/ alone:", () => {
  test.each(STRANGERS)("$what", async ({ status, headers = {}, body = "", evidence, remedy }) => {
    front.tamper((answer) => {
      answer.status = status;
      for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value);
      answer.bytes = Buffer.from(body);
    });

    const { notOk, of, notChecked, tally } = await examineWith([front.origin]);

    expect(notOk).toEqual(["ping"]);
    expect(of("ping").level).toBe("failure");
    expect(of("ping").evidence).toMatch(evidence);
    expect(of("ping").remedy).toMatch(remedy);
    expect(notChecked).toContain("manifest");
    expect(tally.requests).toBe(1);
  });
});

test("a registry that asks for no login and has no mark of Sampan's is another one", async () => {
  front.tamper((answer, { path }) => {
    for (const [name, value] of Object.entries(REGISTRY)) answer.headers.set(name, value);
    answer.status = path === "/v2/" ? 200 : 404;
    const error = { code: "MANIFEST_UNKNOWN", message: "manifest unknown" };
    answer.bytes = Buffer.from(path === "/v2/" ? "{}" : JSON.stringify({ errors: [error] }));
  });

  const { notOk, of } = await examineWith([front.origin]);

  expect(notOk).toEqual(["identity"]);
  expect(of("identity").evidence).toMatch(/none of Sampan's marks, as of hammal/);
});

test("another registry that takes the login is not taken for Sampan", async () => {
  front.tamper((answer, { path, headers }) => {
    for (const [name, value] of Object.entries(REGISTRY)) answer.headers.set(name, value);
    const isIn = headers.has("authorization");
    answer.status = isIn ? (path === "/v2/" ? 200 : 400) : 401;
    if (!isIn) answer.headers.set("www-authenticate", 'Basic realm="Registry"');
    answer.bytes = Buffer.from(
      isIn && path === "/v2/" ? "{}" : '{"errors":[{"code":"DIGEST_INVALID","message":"x"}]}',
    );
  });

  const { notOk, of } = await examineWith([front.origin, "--user", "bob:token"]);

  expect(notOk).toEqual(["identity"]);
  expect(of("identity").evidence).toMatch(/another registry or mirror answers/);
});

test("a login is shown to no host but the mirror's own", async () => {
  let shown = 0;
  front.tamper((answer, { headers }) => {
    if (headers.has("authorization")) shown += 1;
    for (const [name, value] of Object.entries(REGISTRY)) answer.headers.set(name, value);
    answer.status = 401;
    answer.headers.set("www-authenticate", 'Bearer realm="https://evil.example/token",service="x"');
  });

  const { notOk } = await examineWith([front.origin, "--user", "bob:token"]);

  expect(notOk).toEqual(["ping"]);
  expect(shown).toBe(0);
});

describe("a lock that leaks is told:", () => {
  const SECRET = "0123456789abcdef";

  /** As Sampan locked, but for one thing. */
  function locked(leak: (path: string, answer: { status: number; headers: Headers }) => void) {
    front.tamper((answer, { path }) => {
      const isIn = path.includes(SECRET);
      answer.status = isIn ? 200 : 404;
      answer.headers.set("content-type", isIn ? "application/json" : "text/plain; charset=utf-8");
      answer.bytes = Buffer.from(isIn ? "{}" : "Not found.\n");
      if (isIn) answer.headers.set("docker-distribution-api-version", "registry/2.0");
      if (path.endsWith("sha256:0")) {
        answer.status = 400;
        answer.headers.set("cache-control", "no-store, no-transform");
        answer.bytes = Buffer.from(
          '{"errors":[{"code":"DIGEST_INVALID","message":"x","detail":{"path":"/"}}]}',
        );
      }
      leak(path, answer);
    });
    return examineWith([`${front.origin}/${SECRET}`]);
  }

  test("none", async () => {
    const { of } = await locked(() => {});

    expect(of("lock").level).toBe("ok");
  });

  test("an answer without the secret", async () => {
    const { of } = await locked((path, answer) => {
      if (path === "/v2/") answer.status = 200;
    });

    expect(of("lock").evidence).toBe("the mirror answers without the secret as well");
    expect(of("lock").remedy).toContain("ACCESS_PATHS");
  });

  test("an answer with any secret", async () => {
    const { of } = await locked((path, answer) => {
      if (/^\/\w+\/v2\//.test(path)) answer.status = path.endsWith("sha256:0") ? 400 : 200;
    });

    expect(of("lock").evidence).toBe("the mirror answers with a wrong secret as well");
  });

  test("a header that only registries have", async () => {
    const { of } = await locked((path, answer) => {
      if (path === "/v2/") answer.headers.set("docker-distribution-api-version", "registry/2.0");
    });

    expect(of("lock").evidence).toBe(
      "without the secret the answer (404) is not that of any unknown path (404)",
    );
    expect(of("lock").remedy).toContain("strangers");
  });

  test("BuildKit's way of writing it shut", async () => {
    const { of } = await locked((path, answer) => {
      if (path === `/v2/${SECRET}/`) answer.status = 404;
    });

    expect(of("lock").evidence).toBe("BuildKit's way of writing it, /v2/…/, is answered 404");
  });
});
