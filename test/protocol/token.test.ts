import { describe, expect, test } from "vitest";
import type { Name } from "../../src/protocol/name.ts";
import { basicHeader, bearerHeader, parseToken, pullScope } from "../../src/protocol/token.ts";

/** 2026-01-01T00:00:00Z. */
const ASKED_AT = 1_767_225_600_000;

function parse(reply: unknown) {
  return parseToken(new TextEncoder().encode(JSON.stringify(reply)), ASKED_AT);
}

/** @returns for how many seconds from `ASKED_AT` a token is used. */
function lifeOf(reply: Readonly<Record<string, unknown>>): number | null {
  const token = parse({ token: "t", ...reply });
  return token && (token.expiresAt - ASKED_AT) / 1000;
}

describe("the token of a reply", () => {
  test.each([
    [{ token: "a" }, "a"],
    [{ access_token: "b" }, "b"],
    [{ token: "a", access_token: "b" }, "a"],
    [{ token: "", access_token: "b" }, "b"],
    [{ token: null, access_token: "b" }, "b"],
    [{ token: "a.b-c_d~e+f/g==" }, "a.b-c_d~e+f/g=="],
  ])("%j has it", (reply, value) => {
    expect(parse(reply)?.value).toBe(value);
  });

  test.each([
    [{}],
    [{ token: "" }],
    [{ token: 5 }],
    [{ token: ["a"] }],
    [{ token: { a: 1 } }],
    [{ token: "a b" }],
    [{ token: "a\r\nx-evil: 1" }],
    [{ token: "a\n" }],
    [{ token: "ä" }],
    [{ refresh_token: "a" }],
    [{ errors: [] }],
    [[]],
    [null],
    ["token"],
  ])("%j has none", (reply) => {
    expect(parse(reply)).toBeNull();
  });

  test("a reply that is no JSON has none", () => {
    expect(parseToken(new TextEncoder().encode("token=a"), ASKED_AT)).toBeNull();
    expect(parseToken(new Uint8Array(), ASKED_AT)).toBeNull();
  });
});

describe("the life of a token, less a margin of a tenth and of 10 s at most", () => {
  test.each([
    ["300 s", { expires_in: 300 }, 290],
    ["60 s", { expires_in: 60 }, 54],
    ["10 s", { expires_in: 10 }, 9],
    ["an hour", { expires_in: 3600 }, 3590],
    ["a number as text", { expires_in: "300" }, 290],
    ["a year, of which a day counts", { expires_in: 31_536_000 }, 86_390],
    ["none told", {}, 54],
    ["null", { expires_in: null }, 54],
    ["0", { expires_in: 0 }, 54],
    ["less than 0", { expires_in: -5 }, 54],
    ["no number", { expires_in: "soon" }, 54],
    ["an object", { expires_in: {} }, 54],
    ["an object without text", { expires_in: { toString: 1 } }, 54],
    ["another one", { issued_at: { toString: null } }, 54],
  ])("%s", (_, reply, seconds) => {
    expect(lifeOf(reply)).toBeCloseTo(seconds, 6);
  });

  test.each([
    ["20 s ago", "2025-12-31T23:59:40Z", 270],
    ["20 s ago, elsewhere", "2026-01-01T00:59:40+01:00", 270],
    ["with parts of a second", "2025-12-31T23:59:40.000000000Z", 270],
    ["long ago, so that it has expired", "2025-12-31T00:00:00Z", 290 - 86_400],
    ["ahead of this clock, which then counts", "2026-01-01T01:00:00Z", 290],
    ["never", null, 290],
    ["in no form that is known", "yesterday", 290],
  ])("issued %s", (_, issuedAt, seconds) => {
    expect(lifeOf({ expires_in: 300, issued_at: issuedAt })).toBeCloseTo(seconds, 6);
  });

  test("the zero time that a Go server writes is no time of issue", () => {
    expect(lifeOf({ expires_in: 300, issued_at: "0001-01-01T00:00:00Z" })).toBe(290);
  });

  test("a life without end is not believed", () => {
    const endless = parseToken(new TextEncoder().encode('{"token":"t","expires_in":1e999}'), 0);
    expect(endless?.expiresAt).toBeLessThan(Number.MAX_SAFE_INTEGER);
    expect(lifeOf({ expires_in: 1e300 })).toBeLessThan(Number.MAX_SAFE_INTEGER);
  });
});

describe("headers and scope", () => {
  test("a bearer token", () => {
    expect(bearerHeader({ value: "a.b", expiresAt: 0 })).toBe("Bearer a.b");
  });

  test("the scope reads one repository and does nothing else", () => {
    expect(pullScope("library/busybox" as Name)).toBe("repository:library/busybox:pull");
  });

  test.each([
    ["Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="],
    ["u", "a:b", "Basic dTphOmI="],
    ["test", "123£", "Basic dGVzdDoxMjPCow=="],
    ["u", "€😀", "Basic dTrigqzwn5iA"],
  ])("the account %s %s is sent in UTF-8", (username, password, header) => {
    expect(basicHeader(username, password)).toBe(header);
  });

  test("a long password is sent whole", () => {
    expect(atob(basicHeader("u", "x".repeat(50_000)).slice("Basic ".length)).length).toBe(50_002);
  });
});
