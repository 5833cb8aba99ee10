import { describe, expect, test } from "vitest";
import {
  isSameScheme,
  parseChallenges,
  readScheme,
  type Scheme,
} from "../../src/protocol/challenge.ts";

const DOCKER_HUB =
  'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/busybox:pull"';

describe("parseChallenges", () => {
  test("reads what Docker Hub sends", () => {
    expect(parseChallenges(DOCKER_HUB)).toEqual([
      {
        scheme: "bearer",
        parameters: {
          realm: "https://auth.docker.io/token",
          service: "registry.docker.io",
          scope: "repository:library/busybox:pull",
        },
      },
    ]);
  });

  test.each([
    ["a comma in quotes", 'Bearer scope="a:b:pull,push"', { scope: "a:b:pull,push" }],
    ["an escaped quote", 'Bearer realm="a\\"b"', { realm: 'a"b' }],
    ["an escaped backslash", 'Bearer realm="a\\\\",service="b"', { realm: "a\\", service: "b" }],
    ["an equals sign in quotes", 'Bearer realm="a=b"', { realm: "a=b" }],
    ["a scheme's name in quotes", 'Bearer realm="Basic x=y"', { realm: "Basic x=y" }],
    ["an empty value", 'Bearer realm="",service="b"', { realm: "", service: "b" }],
    [
      "a value without quotes",
      "Bearer realm=https://a/b?c,service=d",
      { realm: "https://a/b?c", service: "d" },
    ],
    ["spaces around", 'Bearer   realm = "a" , service\t=\t"b"', { realm: "a", service: "b" }],
    ["names in capitals", 'BEARER REALM="A"', { realm: "A" }],
    ["the first of two values", 'Bearer realm="a",realm="b",Realm="c"', { realm: "a" }],
    ["empty elements", ',, Bearer realm="a",, service="b",', { realm: "a", service: "b" }],
    ["letters outside ASCII in quotes", 'Bearer realm="ä€"', { realm: "ä€" }],
    ["no parameters", "Bearer", {}],
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

  test("stops at a quote that is not closed", () => {
    expect(parseChallenges('Bearer service="a",realm="b')).toEqual([
      { scheme: "bearer", parameters: { service: "a" } },
    ]);
  });

  test("a parameter that is called like a part of every object reaches none", () => {
    const [challenge] = parseChallenges('Bearer __proto__="x",constructor="y",realm="z"');
    expect(challenge?.parameters.realm).toBe("z");
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test("a parameter that was not sent is not there, whatever it is called", () => {
    const [challenge] = parseChallenges('Bearer realm="z"');
    expect(challenge?.parameters.constructor).toBeUndefined();
    expect(challenge?.parameters.tostring).toBeUndefined();
  });
});

describe("readScheme", () => {
  test("takes realm and service of a bearer challenge", () => {
    expect(readScheme(DOCKER_HUB)).toEqual({
      kind: "bearer",
      realm: "https://auth.docker.io/token",
      service: "registry.docker.io",
    });
  });

  test("a bearer challenge may have no service", () => {
    expect(readScheme('Bearer realm="a"')).toEqual({ kind: "bearer", realm: "a", service: null });
  });

  test.each([
    ["Basic", { kind: "basic" }],
    ['BASIC realm="x"', { kind: "basic" }],
    ['Negotiate, Basic realm="x"', { kind: "basic" }],
    ['Digest nonce="x", Bearer realm="a"', { kind: "bearer", realm: "a", service: null }],
    ['Bearer, Bearer realm="a"', { kind: "bearer", realm: "a", service: null }],
    ['Bearer realm="", Basic', { kind: "basic" }],
  ])("%j is read as the first that can be used", (header, scheme) => {
    expect(readScheme(header)).toEqual(scheme);
  });

  test.each(["Bearer", 'Bearer service="a"', 'Bearer realm=""', "Negotiate, Bearer"])(
    "%j wants a token from nowhere",
    (header) => {
      expect(readScheme(header)).toEqual({ kind: "bearer", realm: "", service: null });
    },
  );

  test.each([null, "", "Negotiate", 'Basically realm="x"'])(
    "%j leaves the registry open",
    (header) => {
      expect(readScheme(header)).toEqual({ kind: "open" });
    },
  );

  test.each([
    'Negotiate YWJj, Bearer realm="a"',
    'Negotiate YWJjZA==, Bearer realm="a"',
    'Negotiate YWJjZGU=, Bearer realm="a"',
    'Negotiate a/b+c, Bearer realm="a"',
  ])("a challenge in the form of a token68 hides none behind it: %s", (header) => {
    expect(readScheme(header)).toEqual({ kind: "bearer", realm: "a", service: null });
  });
});

describe("isSameScheme", () => {
  const bearer = { kind: "bearer", realm: "a", service: "b" } as const;

  test.each<[string, Scheme, Scheme]>([
    ["two open registries", { kind: "open" }, { kind: "open" }],
    ["two with Basic", { kind: "basic" }, { kind: "basic" }],
    ["one realm and service", bearer, { ...bearer }],
  ])("%s are one scheme", (_, a, b) => {
    expect(isSameScheme(a, b)).toBe(true);
  });

  test.each<[string, Scheme]>([
    ["another realm", { ...bearer, realm: "c" }],
    ["another service", { ...bearer, service: "c" }],
    ["no service", { ...bearer, service: null }],
    ["basic", { kind: "basic" }],
    ["open", { kind: "open" }],
  ])("a bearer scheme is not the one with %s", (_, other) => {
    expect(isSameScheme(bearer, other)).toBe(false);
    expect(isSameScheme(other, bearer)).toBe(false);
  });
});
