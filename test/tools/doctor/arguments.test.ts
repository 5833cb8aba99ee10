import { describe, expect, test } from "vitest";
import { parseArguments, parseImage, parseTarget } from "../../../tools/doctor/arguments.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;

test("an address is enough", () => {
  expect(parseArguments(["https://mirror.example.com"], {})).toMatchObject({
    target: { secret: null, shown: "https://mirror.example.com" },
    image: { name: "library/busybox", reference: "1.30" },
    user: null,
    privateImage: null,
    isJson: false,
  });
});

test("every option is read", () => {
  const args = [
    "--json",
    "--user",
    "bob:to:ken",
    "--image",
    "grafana/grafana:8",
    "--private",
    "me/mine",
  ];

  expect(parseArguments([...args, "m.example"], {})).toMatchObject({
    target: { shown: "https://m.example" },
    image: { name: "grafana/grafana", reference: "8" },
    user: { name: "bob", token: "to:ken" },
    privateImage: { name: "me/mine", reference: "latest" },
    isJson: true,
  });
});

test("address and login may come from the environment; arguments take precedence", () => {
  const environment = {
    MIRROR_URL: "https://a.example/0123456789abcdef",
    MIRROR_USER: "bob:token",
  };

  expect(parseArguments([], environment)).toMatchObject({
    target: { secret: "0123456789abcdef" },
    user: { name: "bob", token: "token" },
  });
  expect(parseArguments(["https://b.example", "--user", "eve:other"], environment)).toMatchObject({
    target: { shown: "https://b.example", secret: null },
    user: { name: "eve" },
  });
});

test.each([
  [[]],
  [["https://a.example", "https://b.example"]],
  [["ftp://a.example"]],
  [["https://a.example", "--user", "bob"]],
  [["https://a.example", "--user", ":token"]],
  [["https://a.example", "--image", "Capital"]],
  [["https://a.example", "--private", "a b"]],
  [["https://a.example", "--unknown"]],
])("%j are invalid arguments", (args) => {
  expect(parseArguments(args, {})).toBeNull();
});

describe("the address of a mirror", () => {
  test.each([
    ["https://mirror.example.com", "https://mirror.example.com", null],
    ["https://mirror.example.com/", "https://mirror.example.com", null],
    ["https://mirror.example.com/v2/", "https://mirror.example.com", null],
    ["mirror.example.com", "https://mirror.example.com", null],
    ["localhost:8787", "https://localhost:8787", null],
    ["http://localhost:8787", "http://localhost:8787", null],
    ["https://mirror.example.com/abc", "https://mirror.example.com/…", "abc"],
    ["https://mirror.example.com/abc/v2/", "https://mirror.example.com/…", "abc"],
    ["https://mirror.example.com/v2/abc", "https://mirror.example.com/…", "abc"],
    ["mirror.example.com/abc/", "https://mirror.example.com/…", "abc"],
  ])("%s", (text, shown, secret) => {
    expect(parseTarget(text)).toMatchObject({ shown, secret });
  });

  test.each([
    [""],
    ["ftp://mirror.example.com"],
    ["https://"],
    ["https://bob:token@mirror.example.com"],
    ["https://mirror.example.com/?ns=docker.io"],
    ["https://mirror.example.com/#x"],
    ["https://mirror.example.com/abc/library/busybox"],
  ])("is not %j", (text) => {
    expect(parseTarget(text)).toBeNull();
  });

  test.each([
    ["http://127.0.0.1:8787", true],
    ["http://[::1]:8787", true],
    ["http://localhost", true],
    ["http://127.example.com", false],
  ])("%s is on loopback: %s", (text, isLoopback) => {
    expect(parseTarget(text)?.isLoopback).toBe(isLoopback);
  });
});

describe("an image is read as docker pull reads it", () => {
  test.each([
    ["busybox", "library/busybox", "latest", "busybox", false],
    ["library/busybox:1.30", "library/busybox", "1.30", "busybox", false],
    ["grafana/grafana", "grafana/grafana", "latest", null, false],
    ["ghcr.io/owner/app:v1", "ghcr.io/owner/app", "v1", null, true],
    ["localhost:5000/app", "localhost:5000/app", "latest", null, true],
    [`busybox@${DIGEST}`, "library/busybox", DIGEST, "busybox", false],
  ])("%s", (text, name, reference, bareName, hasRegistry) => {
    expect(parseImage(text)).toEqual({ name, reference, bareName, hasRegistry });
  });

  test.each([
    [""],
    ["Busybox"],
    ["busybox:"],
    ["busybox:a b"],
    ["busybox@1.30"],
    [`busybox:${DIGEST}`],
    ["a//b"],
  ])("not %j", (text) => {
    expect(parseImage(text)).toBeNull();
  });
});
