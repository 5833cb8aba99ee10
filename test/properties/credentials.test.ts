import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSecretList } from "../../src/config/access.ts";
import { parseBasic, parseBearer } from "../../src/protocol/basic.ts";
import { digestOf, isSameSecret, matchesDigest, parseDigest } from "../../src/protocol/digest.ts";
import { parseJsonObject } from "../../src/protocol/json.ts";
import { manifestType } from "../../src/protocol/media-type.ts";
import type { Name } from "../../src/protocol/name.ts";
import { createSealer } from "../../src/protocol/seal.ts";
import {
  basicHeader,
  grantsPull,
  parseScope,
  parseToken,
  pullScope,
} from "../../src/protocol/token.ts";
import { encode } from "../support/image.ts";
import { digests, hex, hostileText, jsonValues, names, near, PURE, WHOLE } from "./arbitrary.ts";

const NOW = Date.UTC(2026, 0, 15, 12);
const DAY_MS = 24 * 60 * 60 * 1000;
const wellFormed = fc.string({ unit: "grapheme" });

test("any username and password are read back as they were written", () => {
  const check = (username: string, password: string) => {
    const header = basicHeader(username, password);
    expect(parseBasic(header)).toEqual({ username, password });
  };
  const usernames = wellFormed.map((text) => text.replaceAll(":", ""));
  fc.assert(fc.property(usernames, wellFormed, check), PURE);
});

test("an Authorization of any text yields a valid login, a valid token, or none", () => {
  const check = (text: string) => {
    const basic = parseBasic(text);
    if (basic !== null) expect(basic.username).not.toContain(":");
    const bearer = parseBearer(text);
    if (bearer !== null) expect(bearer).toMatch(/^[\x21-\x7e]+$/);
  };
  const texts = near(["Basic YTpi", "Bearer a.b.c"], "Basic ", "Bearer ", "YTpi", "==");
  fc.assert(fc.property(texts, check), PURE);
});

test("a list of secrets is read back as it was written", () => {
  const entry = fc.record({ name: hex(4), secret: hex(16) });
  const check = (entries: { name: string; secret: string }[], separator: string) => {
    const text = entries.map(({ name, secret }) => `${name}=${secret}`).join(separator);
    expect(parseSecretList(text, () => true)).toEqual(entries);
    expect(parseSecretList(`${text}${separator}=${text}`, () => true)).toBeNull();
  };
  const separators = fc.constantFrom(",", "\n", " ,\r\n ");
  fc.assert(fc.property(fc.array(entry, { minLength: 1 }), separators, check), PURE);
});

test("a list of any text has valid names and secrets only, or is none", () => {
  const isSecret = (text: string) => /^[a-z]{3,}$/.test(text);
  const check = (text: string) => {
    for (const { name, secret } of parseSecretList(text, isSecret) ?? []) {
      expect(name).toMatch(/^[A-Za-z0-9._@-]{1,64}$/);
      expect(isSecret(secret)).toBe(true);
    }
  };
  fc.assert(fc.property(near(["a=abc,b=abcd", "a=abc"], "a=", "abc", ",", "\n"), check), PURE);
});

test("any response of a token service is a token for a day at most, or none", () => {
  const reply = fc.record(
    {
      token: fc.oneof(fc.constant("a.b.c"), jsonValues),
      access_token: jsonValues,
      expires_in: fc.oneof(fc.integer(), fc.double(), jsonValues),
      issued_at: fc.oneof(
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        jsonValues,
      ),
    },
    { requiredKeys: [] },
  );
  const check = (value: unknown) => {
    const token = parseToken(encode(JSON.stringify(value)), NOW);
    if (token === null) return;
    expect(token.value).toMatch(/^[\x21-\x7e]+$/);
    expect(token.expiresAt).toBeLessThanOrEqual(NOW + DAY_MS);
  };
  fc.assert(fc.property(fc.oneof(reply, jsonValues), check), PURE);
});

test("a scope is read back as it was written, and a claim is for its repository only", () => {
  const check = (name: Name, other: Name, claims: unknown, text: string) => {
    expect(parseScope(pullScope(name))).toBe(name);
    const parsed = parseScope(text);
    if (parsed !== null) expect(text).toContain(parsed);
    const access = [{ type: "repository", name, actions: ["pull"] }];
    expect(grantsPull(jwt({ access }), name)).toBe(true);
    expect(grantsPull(jwt({ access }), other)).toBe(name === other);
    expect([true, false, null]).toContain(grantsPull(jwt({ access: claims }), name));
    expect([true, false, null]).toContain(grantsPull(text, name));
  };
  fc.assert(fc.property(names, names, jsonValues, hostileText("repository:"), check), PURE);
});

test("any JSON is an object or none, and a manifest or none", () => {
  const check = (value: unknown, bytes: Uint8Array, contentType: string) => {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    const json = encode(JSON.stringify(value));
    expect(parseJsonObject(json)).toEqual(isObject ? value : null);
    for (const any of [json, bytes]) {
      expect(typeof parseJsonObject(any)).toBe("object");
      const type = manifestType(contentType, any);
      if (type !== null) expect(type).toMatch(/^application\/vnd\.[a-z0-9.+_-]+$/);
    }
  };
  const index = fc.record({ manifests: jsonValues, mediaType: jsonValues });
  const types = hostileText("application/vnd.", "+json", "text/html");
  fc.assert(fc.property(fc.oneof(jsonValues, index), fc.uint8Array(), types, check), PURE);
});

test("a digest matches its bytes and no others, and no other text is one", async () => {
  const check = async (bytes: Uint8Array, at: number, text: string) => {
    const digest = await digestOf(bytes);
    expect(parseDigest(digest)).toBe(digest);
    expect(await matchesDigest(bytes, digest)).toBe(true);
    const other = bytes.map((byte, index) => (index === at % bytes.length ? byte ^ 1 : byte));
    expect(await matchesDigest(other, digest)).toBe(false);
    const parsed = parseDigest(text);
    if (parsed !== null) expect(parsed).toBe(text);
  };
  const some = fc.uint8Array({ minLength: 1, maxLength: 100 });
  const texts = fc.oneof(digests, hostileText("sha256:", "a".repeat(64)));
  await fc.assert(fc.asyncProperty(some, fc.nat(), texts, check), PURE);
});

test("a sealed record is opened by its own key for its own purpose, and not after a change", async () => {
  const check = async (value: unknown, at: number, text: string) => {
    const record = { value };
    const sealed = await createSealer("one").seal("login", record);
    expect(await createSealer("one").open("login", sealed)).toEqual(record);
    expect(await createSealer("two").open("login", sealed)).toBeNull();
    expect(await createSealer("one").open("path", sealed)).toBeNull();
    const index = at % sealed.length;
    const changed = sealed[index] === "A" ? "B" : "A";
    const other = sealed.slice(0, index) + changed + sealed.slice(index + 1);
    // The last letter of base64url may have unused bits.
    if (index < sealed.length - 1) {
      expect(await createSealer("one").open("login", other)).toBeNull();
    }
    expect(await createSealer("one").open("login", text)).toBeNull();
  };
  await fc.assert(fc.asyncProperty(jsonValues, fc.nat(), hostileText("A", "=="), check), WHOLE);
});

test("two secrets are the same if and only if they are equal", async () => {
  const check = async (a: string, b: string) => {
    expect(await isSameSecret(a, a)).toBe(true);
    expect(await isSameSecret(a, b)).toBe(a === b);
    expect(await isSameSecret(a, `${a}${b}`)).toBe(b === "");
  };
  await fc.assert(fc.asyncProperty(wellFormed, wellFormed, check), WHOLE);
});

function jwt(claims: object): string {
  const payload = encode(JSON.stringify(claims)).toBase64({ alphabet: "base64url" });
  return `head.${payload.replaceAll("=", "")}.signature`;
}
