import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { examineWith } from "./support/examine.ts";
import { type Front, startFront } from "./support/front.ts";
import { REGISTRY, STRANGERS } from "./support/strangers.ts";

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
