import { describe, expect, test } from "vitest";
import {
  hostOf,
  inNamespace,
  isHost,
  type Name,
  parseImageName,
  parseName,
} from "../../src/protocol/name.ts";

describe("a repository name", () => {
  test.each([
    "busybox",
    "a",
    "0",
    "library/busybox",
    "a/b/c/d",
    "a.b",
    "a_b",
    "a__b",
    "a-b",
    "a---b",
    "x-y_0/q__r.s",
    "localhost",
    "a".repeat(255),
  ])("may be %s", (requestedName) => {
    expect(parseImageName(requestedName)).toEqual({
      requestedName,
      host: null,
      name: requestedName,
    });
    expect(parseName(requestedName)).toBe(requestedName);
  });

  test.each([
    ["empty", ""],
    ["a slash", "/"],
    ["start with a slash", "/a"],
    ["end with a slash", "a/"],
    ["contain two slashes", "a//b"],
    ["contain upper case", "Busybox"],
    ["start with a separator", "-a"],
    ["end with a separator", "a-"],
    ["end with a dot", "a/b."],
    ["contain two dots", "a..b"],
    ["contain three underscores", "a___b"],
    ["contain two kinds of separators", "a-_b"],
    ["contain a dot segment", "a/../b"],
    ["have a tag", "a:b"],
    ["have a digest", "a@b"],
    ["contain a space", "a b"],
    ["contain a percent sign", "a%62"],
    ["contain a backslash", "a\\b"],
    ["contain a null character", "a\0b"],
    ["end with a line break", "a\n"],
    ["contain a letter outside ASCII", "büsybox"],
    ["contain a Cyrillic letter", "busybоx"],
    ["contain digits of another script", "a٣"],
    ["have 256 characters", "a".repeat(256)],
    ["have 100 kB", "a-".repeat(50_000)],
  ])("must not %s", (_, raw) => {
    expect([parseImageName(raw), parseName(raw)]).toEqual([null, null]);
  });
});

describe("a registry host before a name", () => {
  test.each([
    ["docker.io/busybox", "docker.io", "busybox"],
    ["docker.io/library/busybox", "docker.io", "library/busybox"],
    ["DOCKER.IO/busybox", "DOCKER.IO", "busybox"],
    ["localhost/a", "localhost", "a"],
    ["localhost:5000/a", "localhost:5000", "a"],
    ["127.0.0.1/a/b", "127.0.0.1", "a/b"],
    ["[::1]:5000/a", "[::1]:5000", "a"],
    ["host:5000/a", "host:5000", "a"],
    ["a.b/c", "a.b", "c"],
    ["..:/c", "..:", "c"],
    ["user:password@evil.example/c", "user:password@evil.example", "c"],
  ])("is split from %s", (requestedName, host, name) => {
    expect(parseImageName(requestedName)).toEqual({ requestedName, host, name });
    expect([hostOf(requestedName), isHost(host)]).toEqual([host, true]);
  });

  test.each(["busybox", "library/busybox", "a.b", "localhost", "/a.b", "a/b.c", ""])(
    "is absent in %j",
    (name) => {
      expect(hostOf(name)).toBeNull();
    },
  );

  test.each(["docker.io/", "docker.io//a", "localhost/A", "docker.io/a/"])(
    "needs a valid name after it: %s",
    (raw) => {
      expect(parseImageName(raw)).toBeNull();
    },
  );

  test("does not count towards the 255 characters of a name", () => {
    const name = "a".repeat(255);
    expect(parseImageName(`docker.io/${name}`)?.name).toBe(name);
    expect(parseImageName(`docker.io/${name}a`)).toBeNull();
  });
});

test.each([
  ["busybox", "library", "library/busybox"],
  ["bitnami/redis", "library", "bitnami/redis"],
  ["busybox", "", "busybox"],
  ["busybox", "a/b", "a/b/busybox"],
  ["a".repeat(247), "library", `library/${"a".repeat(247)}`],
  ["a".repeat(248), "library", null],
  ["a".repeat(255), "", "a".repeat(255)],
])("inNamespace puts only bare names into a namespace (%#)", (name, namespace, expected) => {
  expect(inNamespace(name as Name, namespace)).toBe(expected);
});

test("parseName accepts a dot in the first component, since it splits no host", () => {
  expect(parseName("docker.io/library/busybox")).toBe("docker.io/library/busybox");
});
