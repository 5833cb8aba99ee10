import { describe, expect, test } from "vitest";
import { type AuthScheme, isSameScheme, parseAuthScheme } from "../../src/protocol/challenge.ts";

const DOCKER_HUB =
  'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/busybox:pull"';

describe("parseAuthScheme", () => {
  const bearer = { kind: "bearer", realm: "a", service: null };
  const noRealm = { kind: "bearer", realm: "", service: null };
  const withService = { ...bearer, service: "b" };

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
    ["Bearer realm=a,service=b", withService],
    ['Bearer   realm = "a" , service\t=\t"b"', withService],
    [',, BEARER REALM="a",, Service="b",', withService],
    ['Bearer realm="a",service="b",realm="c",scope="x, Basic y=z"', withService],
    ['Bearer scope="Bearer realm=c", realm="a",service="b"', withService],
    ['Bearer __proto__="x",constructor="y",realm="a",scheme="basic",service="b"', withService],
    ['Digest realm="c", Bearer realm="a",service="b", Basic realm="d"', withService],
    ['Bearer realm="https://a/b?c=d"', { ...bearer, realm: "https://a/b?c=d" }],
    ["Bearer", noRealm],
    ['Bearer service="a"', noRealm],
    ['Bearer realm=""', noRealm],
    ['Bearer service="a",realm="b', noRealm],
    ["Negotiate, Bearer", noRealm],
    ['realm="a"', { kind: "open" }],
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
