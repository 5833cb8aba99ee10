import fc from "fast-check";
import { expect, test } from "vitest";
import { customerPrefix, isInNetwork, parseNetwork } from "../../../src/protocol/network.ts";
import { isLoopback, isSameSite, mayBeSentTo } from "../../../src/protocol/origin.ts";
import { hostileText } from "../arbitrary.ts";
import { PURE } from "../runs.ts";

const HUB = new URL("https://registry-1.docker.io");
const nowhere = { country: null, asn: null };
const bits32 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
const bits128 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });

test("an address is in a prefix if their first bits are the same", () => {
  const check =
    (write: (bits: bigint) => string, width: number) =>
    (a: bigint, b: bigint, length: number, isNear: boolean) => {
      const shift = BigInt(width - length);
      const other = isNear ? ((a >> shift) << shift) | (b & ((1n << shift) - 1n)) : b;
      const network = parseNetwork(`${write(a)}/${length}`);
      if (network === null) throw new Error(`${write(a)}/${length} is not read`);
      const isIn = a >> shift === other >> shift;
      expect(isInNetwork(network, { ...nowhere, address: write(other) })).toBe(isIn);
    };
  const four = fc.property(bits32, bits32, fc.nat({ max: 32 }), fc.boolean(), check(dotted, 32));
  fc.assert(four, PURE);
  // Of those that begin with zeros some are IPv4 addresses in disguise.
  const real = bits128.map((bits) => bits | (1n << 127n));
  const length = fc.integer({ min: 1, max: 128 });
  fc.assert(fc.property(real, real, length, fc.boolean(), check(groups, 128)), PURE);
});

test("a network of any text is read or not, and so is the address of a client", () => {
  const check = (text: string, address: string) => {
    const network = parseNetwork(text);
    if (network === null) return;
    expect(typeof isInNetwork(network, { ...nowhere, address })).toBe("boolean");
    expect(isInNetwork(network, { ...nowhere, address: null })).toBe(false);
  };
  const texts = hostileText("10.0.0.0/8", "::", "2001:db8::", "/", "country:", "asn:", "CN", "1");
  fc.assert(fc.property(texts, texts, check), PURE);
});

test("all addresses of a customer have one prefix, and another customer's has another", () => {
  const check = (a: bigint, b: bigint) => {
    const prefix = customerPrefix(groups(a));
    expect(customerPrefix(groups(((a >> 64n) << 64n) | (b & (2n ** 64n - 1n))))).toBe(prefix);
    expect(customerPrefix(groups(b)) === prefix).toBe(a >> 64n === b >> 64n);
  };
  const real = bits128.map((bits) => bits | (1n << 127n));
  fc.assert(fc.property(real, real, check), PURE);
});

const urls = fc
  .tuple(
    fc.constantFrom("https:", "http:", "ftp:", "data:", "javascript:", ""),
    fc.constantFrom("//", "", "///", "\\\\"),
    hostileText(
      "docker.io",
      "auth.",
      "localhost",
      "127.0.0.1",
      "[::1]",
      "0x7f.1",
      "@",
      ".internal",
    ),
  )
  .map((parts) => URL.parse(parts.join(""), HUB.href))
  .filter((url) => url !== null);

test("wherever the upstream sends us, it is https, and a host with a public name", () => {
  const check = (url: URL) => {
    if (!mayBeSentTo(url, HUB)) return;
    expect(url.protocol).toBe("https:");
    expect(isLoopback(url.hostname)).toBe(false);
    expect(url.hostname).not.toMatch(/^[\d.]+$|^\[|:|\.(localhost|local|internal)$/);
    expect(url.hostname).toContain(".");
  };
  fc.assert(fc.property(urls, check), PURE);
});

test("two sites are one from both sides, and a site is itself", () => {
  const check = (a: URL, b: URL) => {
    expect(isSameSite(a, a)).toBe(true);
    expect(isSameSite(a, b)).toBe(isSameSite(b, a));
    if (isSameSite(a, HUB)) expect(a.hostname).toMatch(/(^|\.)docker\.(io|com)$/);
  };
  fc.assert(fc.property(urls, urls, check), PURE);
});

function dotted(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join(".");
}

function groups(bits: bigint): string {
  const shifts = [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n];
  return shifts.map((shift) => ((bits >> shift) & 0xffffn).toString(16)).join(":");
}
