import { expect, test, vi } from "vitest";
import { checkRateLimit, createRateLimiter, startsPull } from "../../src/access/rate-limit.ts";
import { parseRoute } from "../../src/protocol/route.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

test.each([
  ["198.51.100.7", "client 198.51.100.7"],
  ["2001:db8:0:1::1", "client 20010db800000001/64"],
])("a client is counted by its address or /64 network: %s", async (address, key) => {
  const limiter = vi.fn(async () => true);
  await checkRateLimit(limiter, "client", address);
  expect(limiter.mock.calls).toEqual([[key]]);
});

test("a login is counted separately", async () => {
  const limiter = async (key: string) => !key.startsWith("login");
  await checkRateLimit(limiter, "client", "198.51.100.7");
  await expect(checkRateLimit(limiter, "login", "198.51.100.7")).rejects.toMatchObject({
    code: "TOOMANYREQUESTS",
    retryAfterSeconds: 10,
    isTransient: false,
  });
});

test("a client is not limited without a limiter or a known address", async () => {
  const refuse = async () => false;
  await expect(checkRateLimit(null, "client", "198.51.100.7")).resolves.toBeUndefined();
  for (const address of [null, "unknown"]) {
    await expect(checkRateLimit(refuse, "client", address)).resolves.toBeUndefined();
  }
});

test("a binding decides, and allows every request while it fails", async () => {
  const report = vi.fn();
  const limiterOf = (limit: RateLimit["limit"]) => createRateLimiter({ limit }, report);
  expect(await limiterOf(async () => ({ success: true }))("key")).toBe(true);
  expect(await limiterOf(async ({ key }) => ({ success: key !== "key" }))("key")).toBe(false);
  expect(report).not.toHaveBeenCalled();
  const cause = new Error("no limit");
  expect(await limiterOf(() => Promise.reject(cause))("key")).toBe(true);
  expect(report.mock.calls).toEqual([["rate limit", "count", cause]]);
});

test.each([
  ["manifests/1", true],
  ["tags/list", true],
  [`referrers/${DIGEST}`, true],
  [`manifests/${DIGEST}`, false],
  [`blobs/${DIGEST}`, false],
])("%s starts a pull: %s", (path, expected) => {
  expect(startsPull(parseRoute(`/v2/library/busybox/${path}`))).toBe(expected);
});
