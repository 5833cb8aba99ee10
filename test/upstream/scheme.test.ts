import { expect, test } from "vitest";
import { discoverScheme, trustedRealm } from "../../src/upstream/scheme.ts";
import { answer, createUpstream, failureFrom } from "./network.ts";

const CHALLENGE = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"';

test("asks /v2/ once, without a credential, even if there is an account", async () => {
  const account = { username: "u", password: "p" };
  const { upstream, seen } = createUpstream(() => answer(401, { "www-authenticate": CHALLENGE }), {
    account,
  });
  expect(await discoverScheme(upstream)).toEqual({
    kind: "bearer",
    realm: "https://auth.docker.io/token",
    service: "registry.docker.io",
  });
  expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
    "GET https://registry-1.docker.io/v2/",
  ]);
  expect(seen[0]?.headers.has("authorization")).toBe(false);
});

test.each([
  ["200", answer(200)],
  ["200 with a challenge", answer(200, { "www-authenticate": CHALLENGE })],
  ["404", answer(404)],
  ["401 without a challenge", answer(401)],
  ["401 with one that nobody knows", answer(401, { "www-authenticate": "Negotiate" })],
])("%s leaves the registry open", async (_, response) => {
  const { upstream } = createUpstream(() => response);
  expect(await discoverScheme(upstream)).toEqual({ kind: "open" });
});

test.each([500, 502, 503])("%i is no answer to go by", async (status) => {
  const { upstream } = createUpstream(() => answer(status));
  const error = await failureFrom(discoverScheme(upstream));
  expect(error).toMatchObject({ code: "UNAVAILABLE", status: 502, isPassing: true });
});

test("429 is passed on with its time", async () => {
  const { upstream } = createUpstream(() => answer(429, { "retry-after": "7" }, "slow down"));
  const error = await failureFrom(discoverScheme(upstream));
  expect(error).toMatchObject({ code: "TOOMANYREQUESTS", status: 429, retryAfterSeconds: 7 });
});

test.each([
  ["https://auth.docker.io/token", "https://registry-1.docker.io", true],
  ["https://hub.docker.com/token?x=y", "https://registry-1.docker.io", true],
  ["http://127.0.0.1:2/token", "http://127.0.0.1:1", true],
  ["http://auth.docker.io/token", "https://registry-1.docker.io", false],
  ["https://evildocker.io/token", "https://registry-1.docker.io", false],
  ["https://127.0.0.1/token", "https://registry-1.docker.io", false],
  ["/token", "https://registry-1.docker.io", false],
  ["", "https://registry-1.docker.io", false],
])("the realm %j of %s is trusted: %s", (realm, upstream, isTrusted) => {
  expect(trustedRealm(realm, new URL(upstream))?.href).toBe(isTrusted ? realm : undefined);
});
