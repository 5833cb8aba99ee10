import { describe, expect, test } from "vitest";
import {
  type Digest,
  digestOf,
  fingerprint,
  matchesDigest,
  parseDigest,
} from "../../src/protocol/digest.ts";

const EMPTY_SHA256 = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const ABC_SHA256 = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const ABC_SHA384 =
  "sha384:cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7";
const ABC_SHA512 =
  "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
const ABC = new TextEncoder().encode("abc");

describe("parseDigest", () => {
  test.each([EMPTY_SHA256, ABC_SHA384, ABC_SHA512])("takes %s", (raw) => {
    expect(parseDigest(raw)).toBe(raw);
  });

  test.each([
    ["nothing", ""],
    ["an algorithm alone", "sha256:"],
    ["no algorithm", `:${"a".repeat(64)}`],
    ["no colon", `sha256${"a".repeat(64)}`],
    ["63 digits", `sha256:${"a".repeat(63)}`],
    ["65 digits", `sha256:${"a".repeat(65)}`],
    ["the length of another algorithm", `sha512:${"a".repeat(64)}`],
    ["upper-case hex", `sha256:${"A".repeat(64)}`],
    ["an upper-case algorithm", `SHA256:${"a".repeat(64)}`],
    ["a digit that is no hex", `sha256:${"g".repeat(64)}`],
    ["digits of another script", `sha256:${"٣".repeat(64)}`],
    ["an algorithm that cannot be verified here", `md5:${"a".repeat(32)}`],
    ["a compound algorithm", `multihash+base58:${"a".repeat(64)}`],
    ["what every object has", `constructor:${"a".repeat(64)}`],
    ["what every object is made from", `__proto__:${"a".repeat(64)}`],
    ["a space in front", ` ${EMPTY_SHA256}`],
    ["a line break behind", `${EMPTY_SHA256}\n`],
    ["two digests", `${EMPTY_SHA256},${EMPTY_SHA256}`],
    ["a path behind", `${EMPTY_SHA256}/..`],
    ["100 kB of digits", `sha256:${"a".repeat(100_000)}`],
  ])("refuses %s", (_, raw) => {
    expect(parseDigest(raw)).toBeNull();
  });
});

describe("hashing", () => {
  test("digests no bytes and some", async () => {
    expect(await digestOf(new Uint8Array())).toBe(EMPTY_SHA256);
    expect(await digestOf(ABC)).toBe(ABC_SHA256);
  });

  test("digests a part of a larger buffer by its own bytes", async () => {
    const larger = new TextEncoder().encode("--abc--");
    expect(await digestOf(larger.subarray(2, 5))).toBe(ABC_SHA256);
  });

  test.each([ABC_SHA256, ABC_SHA384, ABC_SHA512])("verifies bytes against %s", async (digest) => {
    expect(await matchesDigest(ABC, digest as Digest)).toBe(true);
    expect(await matchesDigest(new TextEncoder().encode("abd"), digest as Digest)).toBe(false);
    expect(await matchesDigest(ABC.subarray(0, 2), digest as Digest)).toBe(false);
  });

  test("a fingerprint is the hex of the UTF-8 bytes, without an algorithm", async () => {
    expect(await fingerprint("abc")).toBe(ABC_SHA256.slice("sha256:".length));
    expect(await fingerprint("ä")).toBe(
      (await digestOf(Uint8Array.of(0xc3, 0xa4))).slice("sha256:".length),
    );
  });
});
