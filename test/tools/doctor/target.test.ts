import { describe, expect, test } from "vitest";
import { parseTarget } from "../../../tools/doctor/target.ts";

describe("an address is read as clients write it", () => {
  test.each([
    ["https://mirror.example.com", "https://mirror.example.com", null],
    ["https://mirror.example.com/", "https://mirror.example.com", null],
    ["https://mirror.example.com/v2/", "https://mirror.example.com", null],
    ["mirror.example.com", "https://mirror.example.com", null],
    ["localhost:8787", "https://localhost:8787", null],
    ["http://localhost:8787", "http://localhost:8787", null],
    ["https://mirror.example.com/abc", "https://mirror.example.com/…", "abc"],
    ["https://mirror.example.com/abc/", "https://mirror.example.com/…", "abc"],
    ["https://mirror.example.com/abc/v2/", "https://mirror.example.com/…", "abc"],
    ["https://mirror.example.com/v2/abc", "https://mirror.example.com/…", "abc"],
    ["mirror.example.com/abc", "https://mirror.example.com/…", "abc"],
  ])("%s", (text, shown, secret) => {
    expect(parseTarget(text)).toMatchObject({ shown, secret });
  });
});

describe("what is no address of a mirror is refused", () => {
  test.each([
    [""],
    ["ftp://mirror.example.com"],
    ["https://"],
    ["https://bob:token@mirror.example.com"],
    ["https://mirror.example.com/?ns=docker.io"],
    ["https://mirror.example.com/#x"],
    ["https://mirror.example.com/abc/library/busybox"],
  ])("%j", (text) => {
    expect(parseTarget(text)).toBeNull();
  });
});

test("loopback is known by its name and its addresses", () => {
  expect(parseTarget("http://127.0.0.1:8787")?.isLoopback).toBe(true);
  expect(parseTarget("http://[::1]:8787")?.isLoopback).toBe(true);
  expect(parseTarget("http://127.example.com")?.isLoopback).toBe(false);
});
