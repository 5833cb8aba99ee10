import { describe, expect, test } from "vitest";
import {
  type Digest,
  digestOf,
  fingerprint,
  isSameSecret,
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
  test.each([EMPTY_SHA256, ABC_SHA384, ABC_SHA512])("accepts %s", (raw) => {
    expect(parseDigest(raw)).toBe(raw);
  });

  test.each([
    ["no text", ""],
    ["no hash", "sha256:"],
    ["no algorithm", `:${"a".repeat(64)}`],
    ["no colon", `sha256${"a".repeat(64)}`],
    ["63 digits", `sha256:${"a".repeat(63)}`],
    ["65 digits", `sha256:${"a".repeat(65)}`],
    ["the length of another algorithm", `sha512:${"a".repeat(64)}`],
    ["upper-case hex", `sha256:${"A".repeat(64)}`],
    ["an upper-case algorithm", `SHA256:${"a".repeat(64)}`],
    ["a character that is not hex", `sha256:${"g".repeat(64)}`],
    ["digits of another script", `sha256:${"٣".repeat(64)}`],
    ["an algorithm that cannot be verified", `md5:${"a".repeat(32)}`],
    ["a compound algorithm", `multihash+base58:${"a".repeat(64)}`],
    ["the name of an object property", `constructor:${"a".repeat(64)}`],
    ["a leading space", ` ${EMPTY_SHA256}`],
    ["a trailing line break", `${EMPTY_SHA256}\n`],
    ["two digests", `${EMPTY_SHA256},${EMPTY_SHA256}`],
    ["a path", `${EMPTY_SHA256}/..`],
    ["100 kB of digits", `sha256:${"a".repeat(100_000)}`],
  ])("rejects %s", (_, raw) => {
    expect(parseDigest(raw)).toBeNull();
  });
});

test("digestOf hashes the bytes of an array, not of its buffer", async () => {
  expect(await digestOf(new Uint8Array())).toBe(EMPTY_SHA256);
  expect(await digestOf(new TextEncoder().encode("--abc--").subarray(2, 5))).toBe(ABC_SHA256);
});

test.each([ABC_SHA256, ABC_SHA384, ABC_SHA512])("matchesDigest verifies %s", async (digest) => {
  const matches = (bytes: Uint8Array) => matchesDigest(bytes, digest as Digest);
  expect(await matches(ABC)).toBe(true);
  expect(await matches(new TextEncoder().encode("abd"))).toBe(false);
  expect(await matches(ABC.subarray(0, 2))).toBe(false);
});

test("a fingerprint is the sha256 of the UTF-8 text in hex", async () => {
  expect(`sha256:${await fingerprint("abc")}`).toBe(ABC_SHA256);
  expect(`sha256:${await fingerprint("ä")}`).toBe(await digestOf(Uint8Array.of(0xc3, 0xa4)));
});

test.each([
  ["a", "a", true],
  ["", "", true],
  ["a", "b", false],
  ["a", "aa", false],
  ["a", "A", false],
  ["", "a", false],
])("isSameSecret compares %j and %j: %s", async (a, b, expected) => {
  expect(await isSameSecret(a, b)).toBe(expected);
});
