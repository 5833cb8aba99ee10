import { describe, expect, test } from "vitest";
import {
  addressOf,
  answersPing,
  fullSampleOf,
  isPlainHost,
  prefixOf,
  sampleOf,
} from "../../src/page/facts.ts";
import { LOCAL, OPEN, QUAY, SECRET, SECRET_PATH, USERS } from "./facts-for-test.ts";

test("names and addresses have the path secret where there is one", () => {
  expect([prefixOf(OPEN), addressOf(OPEN)]).toEqual([
    "mirror.example.com",
    "https://mirror.example.com",
  ]);
  expect([prefixOf(SECRET_PATH), addressOf(SECRET_PATH)]).toEqual([
    `mirror.example.com/${SECRET}`,
    `https://mirror.example.com/${SECRET}`,
  ]);
  expect(addressOf(LOCAL)).toBe("http://localhost:8787");
});

test("the sample is an official image where names may be bare", () => {
  expect([sampleOf(OPEN), fullSampleOf(OPEN)]).toEqual(["nginx", "docker.io/library/nginx"]);
  expect([sampleOf(QUAY), fullSampleOf(QUAY)]).toEqual(["owner/image", "quay.io/owner/image"]);
});

test("below a path secret alone there is no API at the root of the host", () => {
  expect([OPEN, USERS, SECRET_PATH].map(answersPing)).toEqual([true, true, false]);
  expect(answersPing({ ...SECRET_PATH, hasUsers: true })).toBe(true);
});

describe("a host can stand in commands", () => {
  test.each(["mirror.example.com", "localhost:8787", "192.0.2.1", "[::1]:8787", "xn--fiq228c.cn"])(
    "if it is like %s",
    (host) => {
      expect(isPlainHost(host)).toBe(true);
    },
  );

  // All of these pass a URL parser.
  test.each(['a"b', "a'b", "$(id)", "a`id`", "a;b", "a&b", "a{b}", "a,b", ""])(
    "but not if it is like %s",
    (host) => {
      expect(isPlainHost(host)).toBe(false);
    },
  );
});
