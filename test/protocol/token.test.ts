import { describe, expect, test } from "vitest";
import type { Name } from "../../src/protocol/name.ts";
import {
  basicHeader,
  bearerHeader,
  grantsPull,
  parseScope,
  parseToken,
  pullScope,
} from "../../src/protocol/token.ts";

/** 2026-01-01T00:00:00Z. */
const NOW = 1_767_225_600_000;
const encode = (text: string) => new TextEncoder().encode(text);

describe("parseToken", () => {
  const parse = (reply: unknown) => parseToken(encode(JSON.stringify(reply)), NOW);
  /** @returns the seconds for which a token is used. */
  const secondsOf = (reply: Readonly<Record<string, unknown>>) =>
    ((parse({ token: "t", ...reply })?.expiresAt ?? Number.NaN) - NOW) / 1000;

  test.each([
    [{ token: "a" }, "a"],
    [{ access_token: "b" }, "b"],
    [{ token: "a", access_token: "b" }, "a"],
    [{ token: "", access_token: "b" }, "b"],
    [{ token: null, access_token: "b" }, "b"],
    [{ token: "a.b-c_d~e+f/g==" }, "a.b-c_d~e+f/g=="],
    [{ token: "x".repeat(5_000) }, "x".repeat(5_000)],
  ])("reads the token of a reply (%#)", (reply, value) => {
    expect(parse(reply)?.value).toBe(value);
  });

  test.each([
    {},
    { token: "" },
    { token: 5 },
    { token: ["a"] },
    { token: { a: 1 } },
    { token: "a b" },
    { token: "a\r\nx-evil: 1" },
    { token: "a\n" },
    { token: "ä" },
    { refresh_token: "a" },
    { errors: [] },
    [],
    null,
    "token",
  ])("returns null for %j", (reply) => {
    expect(parse(reply)).toBeNull();
  });

  test.each(["token=a", ""])("returns null for %j, which is not JSON", (text) => {
    expect(parseToken(encode(text), NOW)).toBeNull();
  });

  test.each([
    [{ expires_in: 300 }, 290],
    [{ expires_in: 60 }, 54],
    [{ expires_in: 10 }, 9],
    [{ expires_in: 3600 }, 3590],
    [{ expires_in: "300" }, 290],
    [{ expires_in: 31_536_000 }, 86_390],
    [{ expires_in: 1e300 }, 86_390],
    [{}, 54],
    [{ expires_in: null }, 54],
    [{ expires_in: 0 }, 54],
    [{ expires_in: -5 }, 54],
    [{ expires_in: "soon" }, 54],
    [{ expires_in: {} }, 54],
    [{ expires_in: { toString: 1 } }, 54],
    [{ issued_at: { toString: null } }, 54],
    [{ expires_in: 300, issued_at: "2025-12-31T23:59:40Z" }, 270],
    [{ expires_in: 300, issued_at: "2026-01-01T00:59:40+01:00" }, 270],
    [{ expires_in: 300, issued_at: "2025-12-31T23:59:40.000000000Z" }, 270],
    [{ expires_in: 300, issued_at: "2025-12-31T00:00:00Z" }, 290 - 86_400],
    // The clock of the service is ahead.
    [{ expires_in: 300, issued_at: "2026-01-01T01:00:00Z" }, 290],
    [{ expires_in: 300, issued_at: null }, 290],
    [{ expires_in: 300, issued_at: "yesterday" }, 290],
    // The zero time of a service in Go.
    [{ expires_in: 300, issued_at: "0001-01-01T00:00:00Z" }, 290],
  ])("with %j, the token is used for %d s", (reply, seconds) => {
    expect(secondsOf(reply)).toBeCloseTo(seconds, 6);
  });
});

test("bearerHeader contains the token", () => {
  expect(bearerHeader({ value: "a.b", expiresAt: 0 })).toBe("Bearer a.b");
});

test.each([
  ["Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="],
  ["u", "a:b", "Basic dTphOmI="],
  ["test", "123£", "Basic dGVzdDoxMjPCow=="],
  ["u", "€😀", "Basic dTrigqzwn5iA"],
  ["u", "x".repeat(50_000), `Basic ${btoa(`u:${"x".repeat(50_000)}`)}`],
])("basicHeader encodes an account in UTF-8 (%#)", (username, password, header) => {
  expect(basicHeader(username, password)).toBe(header);
});

test("pullScope allows pulling from one repository only", () => {
  expect(pullScope("library/busybox" as Name)).toBe("repository:library/busybox:pull");
});

test.each([
  ["repository:library/busybox:pull", "library/busybox"],
  ["repository:busybox:pull,push", "busybox"],
  ["repository:busybox:*", "busybox"],
  ["repository:busybox:", "busybox"],
  ["repository(plugin):a/b:pull", "a/b"],
  ["repository:localhost:5000/a:pull", "localhost:5000/a"],
  ["", null],
  ["repository", null],
  ["repository:", null],
  ["repository::pull", null],
  ["repository:a", null],
  ["registry:catalog:*", null],
  ["repository:a b:pull", null],
  ["repository:a:PULL", null],
  [" repository:a:pull", null],
  [`repository:${":a".repeat(50_000)}!`, null],
])("parseScope returns the repository or null (%#)", (scope, name) => {
  expect(parseScope(scope)).toBe(name);
});

describe("grantsPull", () => {
  const name = "library/busybox" as Name;
  const pull = { type: "repository", name, actions: ["pull"] };
  const jwtOf = (claims: unknown) =>
    `h.${encode(JSON.stringify(claims)).toBase64({ alphabet: "base64url", omitPadding: true })}.s`;

  test.each([
    [{ access: [pull] }, true],
    [{ access: [{ ...pull, actions: ["push", "pull"] }] }, true],
    [{ access: [{ ...pull, name: "a/b" }, pull], other: "ä" }, true],
    [{ access: [] }, false],
    [{ access: [{ ...pull, actions: [] }] }, false],
    [{ access: [{ ...pull, actions: ["push"] }] }, false],
    [{ access: [{ ...pull, actions: "pull" }] }, false],
    [{ access: [{ ...pull, actions: { pull: true } }] }, false],
    [{ access: [{ ...pull, name: "library/busyboxes" }] }, false],
    [{ access: [{ ...pull, type: "registry" }] }, false],
    [{ access: [null, 1, "pull", [], {}] }, false],
    [{}, null],
    [{ access: null }, null],
    [{ access: "pull" }, null],
    [{ access: pull }, null],
    [[], null],
    [[pull], null],
    [null, null],
    [1, null],
    ["x", null],
  ])("reads the claims %j as %s", (claims, expected) => {
    expect(grantsPull(jwtOf(claims), name)).toBe(expected);
  });

  test.each(["", ".", "..", "a", "a.b", "a.!.c", "a.e30", "a.ä.b", "a.bnVsbA.c", "a.AAAA.b"])(
    "returns null for %j, which has no claims",
    (token) => {
      expect(grantsPull(token, name)).toBeNull();
    },
  );
});
