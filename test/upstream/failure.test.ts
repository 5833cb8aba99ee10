import { describe, expect, test } from "vitest";
import { failureOf, missingOrPrivate, rateLimited, unusable } from "../../src/upstream/failure.ts";
import { answer, createUpstream, NOW } from "./network.ts";

const SUBJECT = { label: "library/busybox:1", unknown: "MANIFEST_UNKNOWN" } as const;
const REGISTRY = new URL("https://registry-1.docker.io/v2/library/busybox/manifests/1");
const STORAGE = new URL("https://cdn.example/x?sig=secret");
const SECRET = "secret text of the upstream";

function failure(status: number, isRegistry = true, headers = {}, body: string = SECRET) {
  const { upstream } = createUpstream(() => answer(200));
  const response = answer(status, headers, status === 304 ? null : body);
  const url = isRegistry ? REGISTRY : STORAGE;
  return failureOf(upstream, { response, url, isRegistry }, SUBJECT);
}

describe("what the registry means by", () => {
  test.each([
    [401, "NAME_UNKNOWN", 404, false],
    [403, "DENIED", 403, false],
    [404, "MANIFEST_UNKNOWN", 404, false],
    [410, "MANIFEST_UNKNOWN", 404, false],
    [408, "UNAVAILABLE", 502, true],
    [500, "UNAVAILABLE", 502, true],
    [502, "UNAVAILABLE", 502, true],
    [503, "UNAVAILABLE", 502, true],
    [599, "UNAVAILABLE", 502, true],
    [400, "UNAVAILABLE", 502, true],
    [206, "UNAVAILABLE", 502, false],
    [304, "UNAVAILABLE", 502, false],
    [418, "UNAVAILABLE", 502, false],
    [429, "TOOMANYREQUESTS", 429, true],
  ])("%i: %s %i, passing %s", async (status, code, answered, isPassing) => {
    expect(await failure(status)).toMatchObject({ code, status: answered, isPassing });
  });
});

describe("what a storage means by", () => {
  test.each([
    [400, "UNAVAILABLE", 502, false],
    [401, "UNAVAILABLE", 502, false],
    [403, "UNAVAILABLE", 502, false],
    [404, "MANIFEST_UNKNOWN", 404, false],
    [429, "TOOMANYREQUESTS", 429, true],
    [503, "UNAVAILABLE", 502, true],
  ])("%i: %s %i, passing %s", async (status, code, answered, isPassing) => {
    expect(await failure(status, false)).toMatchObject({ code, status: answered, isPassing });
  });
});

test.each([400, 401, 403, 404, 429, 500])(
  "neither the text of a %i nor a signed URL reaches the client",
  async (status) => {
    for (const isRegistry of [true, false]) {
      const { message, headers, reason } = await failure(status, isRegistry);
      expect(JSON.stringify([message, headers, reason])).not.toContain("secret");
    }
  },
);

test("no failure is ever a 401: clients would answer with a user's own login", async () => {
  for (let status = 400; status < 600; status++) {
    for (const isRegistry of [true, false]) {
      expect((await failure(status, isRegistry)).status).not.toBe(401);
    }
  }
});

describe("429", () => {
  test.each([
    ["5", 5],
    ["0", 1],
    ["3600", 60],
    ["Thu, 01 Jan 2026 00:00:20 GMT", 20],
    ["soon", 10],
  ])("with Retry-After %j is to wait %i s", async (header, seconds) => {
    expect(await failure(429, true, { "retry-after": header })).toMatchObject({
      retryAfterSeconds: seconds,
    });
    expect(NOW).toBe(Date.UTC(2026, 0, 1));
  });

  test("without Retry-After is to wait 10 s", async () => {
    expect((await failure(429)).retryAfterSeconds).toBe(10);
  });

  test("tells the quota from a limit on requests", async () => {
    const quota = '{"errors":[{"message":"You have reached your pull rate limit."}]}';
    expect((await failure(429, true, {}, quota)).message).toContain("the pull quota is used up");
    expect((await failure(429)).message).toContain("too many requests");
  });

  test.each([
    [null, "no account configured"],
    [{ username: "alice", password: "pass" }, "account is configured"],
  ])("tells whether there is an account, not whose", async (account, words) => {
    const { upstream } = createUpstream(() => answer(200));
    const error = await rateLimited({ ...upstream, account }, answer(429), REGISTRY, "busybox");
    expect(error.message).toContain(words);
    expect(error.message).not.toContain("alice");
  });

  test("is one even if its text is endless or breaks off", async () => {
    const { upstream } = createUpstream(() => answer(200));
    const broken = new ReadableStream({ pull: (c) => c.error(new Error("cut")) });
    for (const body of ["x".repeat(100_000), broken]) {
      const error = await rateLimited(upstream, answer(429, {}, body), REGISTRY, "busybox");
      expect(error).toMatchObject({ code: "TOOMANYREQUESTS", retryAfterSeconds: 10 });
    }
  });
});

test("an unusable answer tells the host alone", () => {
  expect(unusable(STORAGE, "answered with nothing").message).toBe(
    "cdn.example answered with nothing; try again",
  );
});

test("what is missing may as well be private", () => {
  expect(missingOrPrivate("a/b")).toBe("a/b does not exist or is private");
});

test("a 429 whose text does not end is told after a second, not after the deadline", async () => {
  const { upstream, timers } = createUpstream(() => answer(200));
  const response = answer(429, {}, new ReadableStream());
  const failing = rateLimited(upstream, response, REGISTRY, "library/busybox:1");
  expect(timers.map(({ ms }) => ms)).toEqual([1_000]);
  for (const { fire } of timers) fire();
  expect(await failing).toMatchObject({ code: "TOOMANYREQUESTS", retryAfterSeconds: 10 });
});
