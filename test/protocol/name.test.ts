import { describe, expect, test } from "vitest";
import { inNamespace, type Name, parseImageName, parseName } from "../../src/protocol/name.ts";

describe("parseImageName", () => {
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
  ])("takes %s", (asked) => {
    expect(parseImageName(asked)).toEqual({ asked, host: null, name: asked });
  });

  test.each([
    ["nothing", ""],
    ["a slash", "/"],
    ["a slash in front", "/a"],
    ["a slash behind", "a/"],
    ["two slashes", "a//b"],
    ["capitals", "Busybox"],
    ["a separator in front", "-a"],
    ["a separator behind", "a-"],
    ["a dot behind", "a/b."],
    ["two dots", "a..b"],
    ["three underscores", "a___b"],
    ["separators of two kinds", "a-_b"],
    ["a dot segment", "a/../b"],
    ["a tag", "a:b"],
    ["a digest", "a@b"],
    ["a space", "a b"],
    ["a percent sign", "a%62"],
    ["a backslash", "a\\b"],
    ["a null character", "a\0b"],
    ["a line break behind", "a\n"],
    ["a letter of another alphabet", "büsybox"],
    ["one that looks the same", "busybоx"],
    ["digits of another script", "a٣"],
    ["256 characters", "a".repeat(256)],
    ["100 kB", "a-".repeat(50_000)],
  ])("refuses %s", (_, asked) => {
    expect(parseImageName(asked)).toBeNull();
  });

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
  ])("takes %s apart into host and name", (asked, host, name) => {
    expect(parseImageName(asked)).toEqual({ asked, host, name });
  });

  test("a host in front does not count towards the 255 characters", () => {
    const name = "a".repeat(255);
    expect(parseImageName(`docker.io/${name}`)?.name).toBe(name);
    expect(parseImageName(`docker.io/${name}a`)).toBeNull();
  });

  test.each(["docker.io/", "docker.io//a", "localhost/A", "docker.io/a/"])(
    "refuses what follows the host in %s",
    (asked) => {
      expect(parseImageName(asked)).toBeNull();
    },
  );
});

describe("inNamespace", () => {
  test.each([
    ["busybox", "library", "library/busybox"],
    ["bitnami/redis", "library", "bitnami/redis"],
    ["busybox", "", "busybox"],
    ["busybox", "a/b", "a/b/busybox"],
  ])("%s in %j is %s", (name, namespace, expected) => {
    expect(inNamespace(name as Name, namespace)).toBe(expected);
  });

  test("is null where the name would be longer than one may be", () => {
    const bare = "a".repeat(247) as Name;
    expect(inNamespace(bare, "library")).toBe(`library/${bare}`);
    expect(inNamespace(`${bare}a` as Name, "library")).toBeNull();
    expect(inNamespace("a".repeat(255) as Name, "")).toBe("a".repeat(255));
  });
});

describe("parseName", () => {
  test.each([
    "a",
    "owner/app",
    "k8s-artifacts-prod/images/kube.x/y_z",
    "docker.io/library/busybox",
  ])("takes %j as it is", (raw) => {
    expect(parseName(raw)).toBe(raw);
  });

  test.each(["", "/a", "a/", "a//b", "A", "a%2Fb", "a:b", "a".repeat(256)])("refuses %j", (raw) => {
    expect(parseName(raw)).toBeNull();
  });
});
