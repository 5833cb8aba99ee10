import { describe, expect, test } from "vitest";
import { failureOf, missingOrPrivate, rateLimited } from "../../src/upstream/failure.ts";
import { ACCOUNT, answer, createUpstream, endless, textOf } from "./network.ts";

const SUBJECT = { label: "library/busybox:1", unknown: "MANIFEST_UNKNOWN" } as const;
const REGISTRY_URL = new URL("https://registry-1.docker.io/v2/library/busybox/manifests/1");
const STORAGE_URL = new URL("https://cdn.example/x?sig=secret");

function failure(status: number, isRegistry = true, headers = {}, body = "secret text") {
  const { upstream } = createUpstream(() => answer(200));
  const response = answer(status, headers, status === 304 ? null : body);
  const url = isRegistry ? REGISTRY_URL : STORAGE_URL;
  return failureOf(upstream, { response, url, isRegistry }, SUBJECT);
}

test.each([
  [401, "NAME_UNKNOWN", 404, false],
  [403, "DENIED", 403, false],
  [404, "MANIFEST_UNKNOWN", 404, false],
  [410, "MANIFEST_UNKNOWN", 404, false],
  [408, "UNAVAILABLE", 502, true],
  [500, "UNAVAILABLE", 502, true],
  [503, "UNAVAILABLE", 502, true],
  [599, "UNAVAILABLE", 502, true],
  [400, "UNAVAILABLE", 502, true],
  [206, "UNAVAILABLE", 502, false],
  [304, "UNAVAILABLE", 502, false],
  [418, "UNAVAILABLE", 502, false],
  [429, "TOOMANYREQUESTS", 429, true],
])(
  "%i of a registry is %s, answered with %i, temporary: %s",
  async (status, code, answered, isTransient) => {
    expect(await failure(status)).toMatchObject({ code, status: answered, isTransient });
  },
);

test.each([
  [400, "UNAVAILABLE", 502, false],
  [401, "UNAVAILABLE", 502, false],
  [403, "UNAVAILABLE", 502, false],
  [404, "MANIFEST_UNKNOWN", 404, false],
  [429, "TOOMANYREQUESTS", 429, true],
  [503, "UNAVAILABLE", 502, true],
])(
  "%i of a storage is %s, answered with %i, temporary: %s",
  async (status, code, answered, isTransient) => {
    expect(await failure(status, false)).toMatchObject({ code, status: answered, isTransient });
  },
);

test("no failure contains the upstream's text or signed URL, or is a 401", async () => {
  for (let status = 400; status < 600; status++) {
    for (const isRegistry of [true, false]) {
      const error = await failure(status, isRegistry);
      expect(textOf(error)).not.toContain("secret");
      expect(error.message).toMatch(/library\/busybox:1|registry-1\.docker\.io|cdn\.example/);
      // Clients would answer a 401 with a user's own login.
      expect(error.status).not.toBe(401);
    }
  }
});

test("the body of a failure is released", async () => {
  const { upstream } = createUpstream(() => answer(200));
  const { state, response } = endless(404);
  await failureOf(upstream, { response, url: REGISTRY_URL, isRegistry: true }, SUBJECT);
  expect(state.cancelled).toBe(1);
});

test("a missing image is not distinguished from a private one", () => {
  expect(missingOrPrivate("a/b")).toBe("a/b does not exist or is private");
});

describe("429", () => {
  test.each([
    [{ "retry-after": "5" }, 5],
    [{ "retry-after": "0" }, 1],
    [{ "retry-after": "3600" }, 60],
    [{ "retry-after": "Thu, 01 Jan 2026 00:00:20 GMT" }, 20],
    [{ "retry-after": "soon" }, 10],
    [{}, 10],
  ])("with %j is worth repeating after %i s", async (headers, seconds) => {
    expect((await failure(429, true, headers)).retryAfterSeconds).toBe(seconds);
  });

  test("reports a used-up pull quota, or too many requests", async () => {
    const text = '{"errors":[{"message":"You have reached your pull rate limit."}]}';
    expect((await failure(429, true, {}, text)).message).toBe(
      "library/busybox:1: registry-1.docker.io reports: the pull quota is used up; the mirror has no account: its owner can set UPSTREAM_USERNAME and UPSTREAM_PASSWORD, or REGISTRY_ACCOUNTS",
    );
    expect((await failure(429)).message).toContain("reports: too many requests; ");
  });

  test("reports whether the mirror has an account, but not its name", async () => {
    const { upstream } = createUpstream(() => answer(200), { account: ACCOUNT });
    const { message } = await rateLimited(upstream, answer(429), REGISTRY_URL, "busybox");
    expect(message).toContain("use an account with a higher limit");
    expect(message).not.toContain("alice");
  });

  test("does not depend on its text, which may be long or interrupted", async () => {
    const { upstream } = createUpstream(() => answer(200));
    const cut = new ReadableStream({ pull: (controller) => controller.error(new Error("cut")) });
    for (const body of ["x".repeat(100_000), cut]) {
      const error = await rateLimited(upstream, answer(429, {}, body), REGISTRY_URL, "busybox");
      expect(error).toMatchObject({ code: "TOOMANYREQUESTS", retryAfterSeconds: 10 });
    }
  });

  test("waits for its text for one second only", async () => {
    const { upstream, timers, expireTimers } = createUpstream(() => answer(200));
    const error = rateLimited(upstream, endless(429).response, REGISTRY_URL, "busybox");
    expect([...timers].map(({ ms }) => ms)).toEqual([1_000]);
    expireTimers();
    expect((await error).code).toBe("TOOMANYREQUESTS");
  });
});
