import { describe, expect, test } from "vitest";
import type { Name } from "../../src/protocol/name.ts";
import { grantsPull, parseScope } from "../../src/protocol/token.ts";

const NAME = "library/busybox" as Name;
const PULL = { type: "repository", name: NAME, actions: ["pull"] };

function jwt(claims: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(claims));
  return `h.${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}.s`;
}

describe("a token grants a pull", () => {
  test.each([
    { access: [PULL] },
    { access: [{ ...PULL, actions: ["push", "pull"] }] },
    { access: [{ ...PULL, name: "a/b" }, PULL], other: "ä" },
  ])("by %j", (claims) => {
    expect(grantsPull(jwt(claims), NAME)).toBe(true);
  });

  test.each([
    { access: [] },
    { access: [{ ...PULL, actions: [] }] },
    { access: [{ ...PULL, actions: ["push"] }] },
    { access: [{ ...PULL, actions: "pull" }] },
    { access: [{ ...PULL, actions: { pull: true } }] },
    { access: [{ ...PULL, name: "library/busyboxes" }] },
    { access: [{ ...PULL, type: "registry" }] },
    { access: [null, 1, "pull", [], {}] },
  ])("not by %j", (claims) => {
    expect(grantsPull(jwt(claims), NAME)).toBe(false);
  });
});

describe("a token does not tell", () => {
  test.each([{}, { access: null }, { access: "pull" }, { access: PULL }, [], [PULL], null, 1, "x"])(
    "with %j",
    (claims) => {
      expect(grantsPull(jwt(claims), NAME)).toBeNull();
    },
  );

  test.each([
    "",
    ".",
    "..",
    "a",
    "a.b",
    "a.!.c",
    "a.e30",
    "a.ä.b",
    `a.${"A".repeat(65_536)}.b`,
    "a.bnVsbA.c",
  ])("that is %j", (token) => {
    expect(grantsPull(token, NAME)).toBeNull();
  });
});

describe("the repository of a scope", () => {
  test.each([
    ["repository:library/busybox:pull", "library/busybox"],
    ["repository:busybox:pull,push", "busybox"],
    ["repository:busybox:*", "busybox"],
    ["repository:busybox:", "busybox"],
    ["repository(plugin):a/b:pull", "a/b"],
    ["repository:localhost:5000/a:pull", "localhost:5000/a"],
  ])("%s is %s", (scope, name) => {
    expect(parseScope(scope)).toBe(name);
  });

  test.each([
    "",
    "repository",
    "repository:",
    "repository::pull",
    "repository:a",
    "registry:catalog:*",
    "repository:a b:pull",
    "repository:a:PULL",
    " repository:a:pull",
    `repository:${":a".repeat(50_000)}!`,
  ])("%j has none", (scope) => {
    expect(parseScope(scope)).toBeNull();
  });
});
