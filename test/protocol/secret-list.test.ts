import { describe, expect, test } from "vitest";
import { parseSecretList } from "../../src/protocol/secret-list.ts";

const any = (secret: string) => secret !== "";

test("entries stand one a line or by commas, in order, and names may come twice", () => {
  expect(parseSecretList("a=1,b=2\nc=3\r\n  d = 4 ,\n,a=5,", any)).toEqual([
    { name: "a", secret: "1" },
    { name: "b", secret: "2" },
    { name: "c", secret: "3" },
    { name: "d", secret: "4" },
    { name: "a", secret: "5" },
  ]);
});

test("a secret may have equals signs, a name what a mail address has", () => {
  expect(parseSecretList("ann_b.c-d@example.com=x=y=", any)).toEqual([
    { name: "ann_b.c-d@example.com", secret: "x=y=" },
  ]);
});

test("nothing is no entry", () => {
  for (const raw of ["", " ", ",", "\n,\r\n"]) expect(parseSecretList(raw, any)).toEqual([]);
});

describe("one entry that is malformed spoils the list", () => {
  test.each([
    "a",
    "=",
    "a=",
    "=b",
    "a b=c",
    "ä=c",
    "a=1,b",
    "a=1\nb=",
    `${"n".repeat(65)}=x`,
    "a:b=c",
  ])("%j", (raw) => {
    expect(parseSecretList(raw, any)).toBeNull();
  });

  test("such as a secret that is not one here", () => {
    expect(parseSecretList("a=good,b=bad", (secret) => secret === "good")).toBeNull();
  });
});
