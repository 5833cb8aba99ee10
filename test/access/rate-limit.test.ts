import { expect, test } from "vitest";
import { createRateLimiter } from "../../src/access/rate-limit.ts";

test.each([
  ["client", "198.51.100.7", "client 198.51.100.7"],
  ["login", "198.51.100.7", "login 198.51.100.7"],
  ["client", "2001:db8:0:1::1", "client 2001:db8:0:1/64"],
] as const)("a %s from %s is refused if the binding has counted %s", async (kind, address, key) => {
  const binding = { limit: async (options: { key: string }) => ({ success: options.key !== key }) };
  const limiter = createRateLimiter(binding, () => {});
  await expect(limiter(kind, address)).rejects.toMatchObject({
    code: "TOOMANYREQUESTS",
    retryAfterSeconds: 10,
    isTransient: false,
  });
  await expect(limiter(kind, "198.51.100.8")).resolves.toBeUndefined();
});

test.each([null, "", "unknown"])("a client with the address %j is not counted", async (address) => {
  const limiter = createRateLimiter({ limit: async () => ({ success: false }) }, () => {});
  await expect(limiter("client", address)).resolves.toBeUndefined();
});
