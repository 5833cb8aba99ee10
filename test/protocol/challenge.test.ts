import { describe, expect, test } from "vitest";
import {
  type AuthScheme,
  isSameScheme,
  parseAuthScheme,
  parseChallenges,
} from "../../src/protocol/challenge.ts";

const DOCKER_HUB =
  'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/busybox:pull"';

describe("parseChallenges", () => {
  test.each([
    [
      "the challenge of Docker Hub",
      DOCKER_HUB,
      {
        realm: "https://auth.docker.io/token",
        service: "registry.docker.io",
        scope: "repository:library/busybox:pull",
      },
    ],
    ["a comma in quotes", 'Bearer scope="a:b:pull,push"', { scope: "a:b:pull,push" }],
    ["an escaped quote", 'Bearer realm="a\\"b"', { realm: 'a"b' }],
    ["an escaped backslash", 'Bearer realm="a\\\\",service="b"', { realm: "a\\", service: "b" }],
    ["an equals sign in quotes", 'Bearer realm="a=b"', { realm: "a=b" }],
    ["a scheme in quotes", 'Bearer realm="Basic x=y"', { realm: "Basic x=y" }],
    ["an empty value", 'Bearer realm="",service="b"', { realm: "", service: "b" }],
    [
      "values without quotes",
      "Bearer realm=https://a/b?c,service=d",
      { realm: "https://a/b?c", service: "d" },
    ],
    ["white space", 'Bearer   realm = "a" , service\t=\t"b"', { realm: "a", service: "b" }],
    ["names in upper case", 'BEARER REALM="A"', { realm: "A" }],
    ["the first value of a repeated name", 'Bearer realm="a",realm="b",Realm="c"', { realm: "a" }],
    ["empty elements", ',, Bearer realm="a",, service="b",', { realm: "a", service: "b" }],
    ["characters outside ASCII", 'Bearer realm="ä€"', { realm: "ä€" }],
    ["no parameters", "Bearer", {}],
    ["the text before a quote that is not closed", 'Bearer service="a",realm="b', { service: "a" }],
  ])("reads %s", (_, header, parameters) => {
    expect(parseChallenges(header)).toEqual([{ scheme: "bearer", parameters }]);
  });

  test("reads several challenges, each with its own parameters", () => {
    const header = 'Negotiate, Basic realm="a, b", Bearer realm="c",service="d", Digest nonce=e';
    expect(parseChallenges(header)).toEqual([
      { scheme: "negotiate", parameters: {} },
      { scheme: "basic", parameters: { realm: "a, b" } },
      { scheme: "bearer", parameters: { realm: "c", service: "d" } },
      { scheme: "digest", parameters: { nonce: "e" } },
    ]);
  });

  test.each([null, "", " ", ",", "=", '"', '"Bearer"', "ä"])("finds none in %j", (header) => {
    expect(parseChallenges(header)).toEqual([]);
  });

  test("treats the names of object properties like other names", () => {
    const [challenge] = parseChallenges('Bearer __proto__="x",constructor="y",realm="z"');
    expect(challenge?.parameters.realm).toBe("z");
    expect(({} as Record<string, unknown>).x).toBeUndefined();
    const [other] = parseChallenges('Bearer realm="z"');
    expect([other?.parameters.constructor, other?.parameters.tostring]).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe("parseAuthScheme", () => {
  const bearer = { kind: "bearer", realm: "a", service: null };
  const noRealm = { kind: "bearer", realm: "", service: null };

  test.each([
    [
      DOCKER_HUB,
      {
        kind: "bearer",
        realm: "https://auth.docker.io/token",
        service: "registry.docker.io",
      },
    ],
    ['Bearer realm="a"', bearer],
    ["Basic", { kind: "basic" }],
    ['BASIC realm="x"', { kind: "basic" }],
    ['Negotiate, Basic realm="x"', { kind: "basic" }],
    ['Digest nonce="x", Bearer realm="a"', bearer],
    ['Basic realm="x", Bearer realm="a"', bearer],
    ['Bearer, Bearer realm="a"', bearer],
    ['Bearer realm="", Basic', { kind: "basic" }],
    ["Bearer", noRealm],
    ['Bearer service="a"', noRealm],
    ['Bearer realm=""', noRealm],
    ["Negotiate, Bearer", noRealm],
    [null, { kind: "open" }],
    ["", { kind: "open" }],
    ["Negotiate", { kind: "open" }],
    ['Basically realm="x"', { kind: "open" }],
    // A token68 (RFC 9110, section 11.2) in front of a challenge.
    ['Negotiate YWJj, Bearer realm="a"', bearer],
    ['Negotiate YWJjZA==, Bearer realm="a"', bearer],
    ['Negotiate YWJjZGU=, Bearer realm="a"', bearer],
    ['Negotiate a/b+c, Bearer realm="a"', bearer],
  ])("reads %j", (header, scheme) => {
    expect(parseAuthScheme(header)).toEqual(scheme);
  });
});

describe("isSameScheme", () => {
  const bearer: AuthScheme = { kind: "bearer", realm: "a", service: "b" };

  test.each<[AuthScheme, AuthScheme, boolean]>([
    [{ kind: "open" }, { kind: "open" }, true],
    [{ kind: "basic" }, { kind: "basic" }, true],
    [bearer, { ...bearer }, true],
    [bearer, { ...bearer, realm: "c" }, false],
    [bearer, { ...bearer, service: "c" }, false],
    [bearer, { ...bearer, service: null }, false],
    [bearer, { kind: "basic" }, false],
    [bearer, { kind: "open" }, false],
    [{ kind: "basic" }, { kind: "open" }, false],
  ])("compares %j and %j: %s", (a, b, expected) => {
    expect([isSameScheme(a, b), isSameScheme(b, a)]).toEqual([expected, expected]);
  });
});
