import { expect, test } from "vitest";
import { createSealer } from "../../src/protocol/seal.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const OTHER_SECRET = "0123456789abcdef0123456789abcdeF";
const RECORD = { login: { accountHash: "x" }, expiresAt: 5 };
const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;
const sealer = createSealer(SECRET);

test("a sealed record is URL-safe text that every sealer with the secret opens", async () => {
  const sealed = await sealer.seal("p", RECORD);
  expect(sealed).toMatch(/^[\w-]+$/);
  expect(await createSealer(SECRET).open("p", sealed)).toEqual(RECORD);
});

test("a sealer with another secret does not open it", async () => {
  expect(await createSealer(OTHER_SECRET).open("p", await sealer.seal("p", RECORD))).toBeNull();
});

test("a record is encrypted, differently each time", async () => {
  const sealed = [await sealer.seal("p", RECORD), await sealer.seal("p", RECORD)];
  expect(sealed[0]).not.toBe(sealed[1]);
  const bytes = Uint8Array.fromBase64(sealed[0] ?? "", BASE64URL);
  expect(new TextDecoder().decode(bytes)).not.toContain("accountHash");
});

test("a record with any changed byte is not opened", async () => {
  const bytes = Uint8Array.fromBase64(await sealer.seal("p", RECORD), BASE64URL);
  for (const [at, byte] of bytes.entries()) {
    const changed = bytes.with(at, byte ^ 1);
    expect(await sealer.open("p", changed.toBase64(BASE64URL))).toBeNull();
  }
});

test("a truncated record is not opened", async () => {
  const sealed = await sealer.seal("p", RECORD);
  for (let length = 0; length < sealed.length - 1; length++) {
    expect(await sealer.open("p", sealed.slice(0, length))).toBeNull();
    expect(await sealer.open("p", sealed.slice(sealed.length - length))).toBeNull();
  }
});

test.each(["", "x", "!", "ä", "A".repeat(16), "A".repeat(100_000), "e30.e30.e30"])(
  "other text is not opened (%#)",
  async (text) => {
    expect(await sealer.open("p", text)).toBeNull();
  },
);

test("a hash depends on the text and the secret", async () => {
  const hash = await sealer.hash("alice");
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(await sealer.hash("alice")).toBe(hash);
  expect(await sealer.hash("alicf")).not.toBe(hash);
  expect(await createSealer(OTHER_SECRET).hash("alice")).not.toBe(hash);
  // The sha256 of the text, without the secret.
  expect(hash).not.toBe("2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90");
});

test("a record is opened only for its own purpose", async () => {
  const sealed = await sealer.seal("p", RECORD);
  for (const purpose of ["q", "", "pp"]) expect(await sealer.open(purpose, sealed)).toBeNull();
});
