import { describe, expect, test } from "vitest";
import { readConfig } from "../../../src/config.ts";
import type { Env } from "../../../src/env.ts";
import { askLock, secretsOf } from "../../../tools/setup/lock.ts";
import { readPresent } from "../../../tools/setup/present.ts";
import { SHIPPED } from "../../support/repository.ts";
import { createWorld } from "./support/world.ts";

const present = readPresent(SHIPPED, []);
const SECRET = "5a".repeat(24);

test("Enter makes a path secret, which the mirror takes", async () => {
  const lock = await askLock(createWorld({ answers: [""] }), present);
  const secrets = secretsOf(lock, present);
  expect(secrets).toEqual({ ACCESS_PATHS: `home=${SECRET}` });
  expect(accessBy(secrets).paths).toEqual([{ name: "home", secret: SECRET }]);
});

test("a user gets a token, which the mirror takes", async () => {
  const lock = await askLock(createWorld({ answers: ["user", "bad name", "alice"] }), present);
  const secrets = secretsOf(lock, present);
  expect(secrets).toEqual({ ACCESS_USERS: `alice=${SECRET}` });
  expect(accessBy(secrets).users).toEqual([{ name: "alice", secret: SECRET }]);
});

test("a user whose name would be two entries is none", async () => {
  const lock = await askLock(createWorld({ answers: ["user", "a=b,c", ""] }), present);
  expect(lock).toEqual({ kind: "user", name: "me", token: SECRET });
});

test("none stores nothing, and says what it means", async () => {
  const world = createWorld({ answers: ["none"] });
  expect(secretsOf(await askLock(world, present), present)).toEqual({});
  expect(world.said.at(-1)).toContain("the mirror is open");
});

test("none deletes what is stored, or might be", () => {
  const both = { ACCESS_PATHS: null, ACCESS_USERS: null };
  expect(secretsOf({ kind: "none" }, { ...present, secrets: ["ACCESS_USERS"] })).toEqual({
    ACCESS_USERS: null,
  });
  expect(secretsOf({ kind: "none" }, { ...present, secrets: null })).toEqual(both);
});

test("a second lock leaves the first alone", async () => {
  const locked = { ...present, secrets: ["ACCESS_PATHS"] };
  const lock = await askLock(createWorld({ answers: ["user", ""] }), locked);
  expect(Object.keys(secretsOf(lock, locked))).toEqual(["ACCESS_USERS"]);
});

describe("what is offered", () => {
  const offered = async (changes: Partial<typeof present>) => {
    const world = createWorld({ answers: [""] });
    const lock = await askLock(world, { ...present, ...changes });
    const words = world.said.flatMap((line) => /^ {2}\d {2}(\w+)/.exec(line)?.[1] ?? []);
    return [lock.kind, ...words];
  };

  test.each([
    ["without a lock", {}, ["path", "path", "user", "none"]],
    ["with one", { secrets: ["ACCESS_USERS"] }, ["keep", "keep", "path", "user", "none"]],
    ["not knowing", { secrets: null }, ["keep", "keep", "path", "user", "none"]],
    ["with logins of the upstream", { login: "upstream" }, ["path", "path", "none"]],
    ["with private images", { privateImages: "allow" }, ["path", "path", "user"]],
  ])("%s", async (_, changes, words) => {
    expect(await offered(changes)).toEqual(words);
  });

  test("a secret that takes the place of others is told to", async () => {
    const world = createWorld({ answers: [""] });
    await askLock(world, { ...present, secrets: ["ACCESS_PATHS"] });
    const lines = world.said.filter((line) => line.includes("stop working"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("path");
  });
});

/** What the mirror makes of the secrets. */
function accessBy(secrets: object) {
  return readConfig({ CACHE: {}, ...secrets } as Env).access;
}
