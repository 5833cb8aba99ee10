import { describe, expect, test } from "vitest";
import { createSealer } from "../../src/protocol/seal.ts";

const sealer = createSealer("0123456789abcdef0123456789abcdef");
const RECORD = { login: { accountHash: "x" }, expiresAt: 5 };
const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

test("what was sealed is opened again, by every sealer with the secret", async () => {
  const sealed = await sealer.seal(RECORD);
  expect(sealed).toMatch(/^[\w-]+$/);
  expect(await sealer.open(sealed)).toEqual(RECORD);
  expect(await createSealer("0123456789abcdef0123456789abcdef").open(sealed)).toEqual(RECORD);
});

test("the same record is sealed differently each time, and not in clear", async () => {
  const sealed = await Promise.all([sealer.seal(RECORD), sealer.seal(RECORD)]);
  expect(sealed[0]).not.toBe(sealed[1]);
  const bytes = Uint8Array.fromBase64(sealed[0] ?? "", BASE64URL);
  expect(new TextDecoder().decode(bytes)).not.toContain("accountHash");
});

test("no change of any one byte is opened", async () => {
  const bytes = Uint8Array.fromBase64(await sealer.seal(RECORD), BASE64URL);
  for (const [at, byte] of bytes.entries()) {
    const changed = bytes.with(at, byte ^ 1);
    expect(await sealer.open(changed.toBase64(BASE64URL))).toBeNull();
  }
});

test("nothing cut off is opened", async () => {
  const sealed = await sealer.seal(RECORD);
  for (let length = 0; length < sealed.length - 1; length++) {
    expect(await sealer.open(sealed.slice(0, length))).toBeNull();
    expect(await sealer.open(sealed.slice(sealed.length - length))).toBeNull();
  }
});

describe("what is not opened", () => {
  test("is what another secret sealed", async () => {
    const other = createSealer("0123456789abcdef0123456789abcdeF");
    expect(await other.open(await sealer.seal(RECORD))).toBeNull();
  });

  test.each([
    "",
    "x",
    "!",
    "ä",
    "A".repeat(15),
    "A".repeat(16),
    "A".repeat(100_000),
    "e30.e30.e30",
  ])("is %j", async (text) => {
    expect(await sealer.open(text)).toBeNull();
  });
});

describe("the keyed hash", () => {
  test("is the same for the same text and secret, and tells neither", async () => {
    const hash = await sealer.hash("alice");
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await sealer.hash("alice")).toBe(hash);
    expect(await sealer.hash("alicf")).not.toBe(hash);
    expect(await createSealer("another secret of 32 characters!").hash("alice")).not.toBe(hash);
    expect(hash).not.toBe("2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90");
  });
});
