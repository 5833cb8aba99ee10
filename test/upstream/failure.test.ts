import { describe, expect, test } from "vitest";
import { failureOf, rateLimited } from "../../src/upstream/failure.ts";
import { ACCOUNT, answer, createUpstream, endless, textOf } from "./network.ts";

const SUBJECT = { label: "library/busybox:1", unknown: "MANIFEST_UNKNOWN" } as const;
const REGISTRY_URL = new URL("https://registry-1.docker.io/v2/library/busybox/manifests/1");
const STORAGE_URL = new URL("https://cdn.example/x?sig=secret");
const { upstream, timers, expireTimers } = createUpstream(() => answer(200));

function failure(status: number, isRegistry = true, headers = {}, body = "secret text") {
  const response = answer(status, headers, status === 304 ? null : body);
  const url = isRegistry ? REGISTRY_URL : STORAGE_URL;
  return failureOf(upstream, { response, url, isRegistry }, SUBJECT);
}

test.each([
  ["registry", 206, "UNAVAILABLE", 502, false],
  ["registry", 304, "UNAVAILABLE", 502, false],
  ["registry", 400, "UNAVAILABLE", 502, true],
  ["registry", 401, "NAME_UNKNOWN", 404, false],
  ["registry", 403, "DENIED", 403, false],
  ["registry", 404, "MANIFEST_UNKNOWN", 404, false],
  ["registry", 408, "UNAVAILABLE", 502, true],
  ["registry", 410, "MANIFEST_UNKNOWN", 404, false],
  ["registry", 418, "UNAVAILABLE", 502, false],
  ["registry", 429, "TOOMANYREQUESTS", 429, true],
  ["registry", 500, "UNAVAILABLE", 502, true],
  ["registry", 599, "UNAVAILABLE", 502, true],
  ["storage", 400, "UNAVAILABLE", 502, false],
  ["storage", 401, "UNAVAILABLE", 502, false],
  ["storage", 403, "UNAVAILABLE", 502, false],
  ["storage", 404, "MANIFEST_UNKNOWN", 404, false],
  ["storage", 429, "TOOMANYREQUESTS", 429, true],
  ["storage", 503, "UNAVAILABLE", 502, true],
])(
  "a %s's %i is %s, answered with %i, temporary: %s",
  async (host, status, code, answered, isTransient) => {
    const error = await failure(status, host === "registry");
    expect(error).toMatchObject({ code, status: answered, isTransient });
  },
);

test("no failure contains the upstream's text or signed URL, or is a 401", async () => {
  for (let status = 400; status < 600; status++) {
    for (const isRegistry of [true, false]) {
      const error = await failure(status, isRegistry);
      expect(textOf(error)).not.toContain("secret");
      // Clients would answer a 401 with a user's own login.
      expect(error.status).not.toBe(401);
    }
  }
});

test("the body of a failure is released", async () => {
  const { state, response } = endless(404);
  await failureOf(upstream, { response, url: REGISTRY_URL, isRegistry: true }, SUBJECT);
  expect(state.cancelled).toBe(1);
});

describe("429", () => {
  test.each([
    [{ "retry-after": "5" }, 5],
    [{ "retry-after": "0" }, 1],
    [{ "retry-after": "3600" }, 60],
    [{ "retry-after": "Thu, 01 Jan 2026 00:00:20 GMT" }, 20],
    [{}, 10],
  ])("with %j is worth repeating after %i s", async (headers, seconds) => {
    expect((await failure(429, true, headers)).retryAfterSeconds).toBe(seconds);
  });

  test("reports a used-up pull quota, or too many requests", async () => {
    const text = '{"errors":[{"message":"You have reached your pull rate limit."}]}';
    expect((await failure(429, true, {}, text)).message).toBe(
      "library/busybox:1: registry-1.docker.io reports: the pull quota is used up; the mirror has no account configured: its owner can set UPSTREAM_USERNAME and UPSTREAM_PASSWORD, or REGISTRY_ACCOUNTS",
    );
    const withAccount = { ...upstream, account: ACCOUNT };
    expect((await rateLimited(withAccount, answer(429), REGISTRY_URL, "busybox")).message).toBe(
      "busybox: registry-1.docker.io reports: too many requests; the mirror's account is configured: wait, or use one with a higher limit",
    );
  });

  test("does not depend on its text, which may be long, interrupted or endless", async () => {
    const cut = new ReadableStream({ pull: (controller) => controller.error(new Error("cut")) });
    for (const body of ["x".repeat(100_000), cut]) {
      const error = await rateLimited(upstream, answer(429, {}, body), REGISTRY_URL, "busybox");
      expect(error.code).toBe("TOOMANYREQUESTS");
    }
    const error = rateLimited(upstream, endless(429).response, REGISTRY_URL, "busybox");
    expect([...timers].map(({ ms }) => ms)).toEqual([1_000]);
    expireTimers();
    expect((await error).code).toBe("TOOMANYREQUESTS");
  });
});
