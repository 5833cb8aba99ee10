import { expect, test } from "vitest";
import { askAccount } from "../../../tools/setup/account.ts";
import { readPresent } from "../../../tools/setup/present.ts";
import type { Verdict } from "../../../tools/setup/world.ts";
import { SHIPPED } from "../../support/repository.ts";
import { createWorld } from "./support/world.ts";

const present = readPresent(SHIPPED, []);
const accepted: Verdict = { kind: "accepted" };
const rejected: Verdict = { kind: "rejected" };
const unknown: Verdict = {
  kind: "unknown",
  reason: "auth.docker.io cannot be reached (ENOTFOUND)",
};

test("an account that Docker Hub knows is taken", async () => {
  const world = createWorld({ answers: ["alice", " token "], verdicts: [accepted] });
  expect(await askAccount(world, present)).toEqual({ username: "alice", password: "token" });
  expect(world.verified).toEqual([{ username: "alice", password: "token" }]);
});

test("one that it rejects is told, and asked for again", async () => {
  const world = createWorld({
    answers: ["alice", "wrong", "alice", "right"],
    verdicts: [rejected, accepted],
  });
  expect(await askAccount(world, present)).toEqual({ username: "alice", password: "right" });
  expect(world.said).toContain(
    "Docker Hub does not accept this username with this token. Try again.",
  );
});

test("one that it rejects can be given up", async () => {
  const world = createWorld({ answers: ["alice", "wrong", ""], verdicts: [rejected] });
  expect(await askAccount(world, present)).toBeNull();
});

test("where Docker Hub is out of reach the account is stored unchecked, if wanted", async () => {
  const world = createWorld({ answers: ["alice", "token", ""], verdicts: [unknown] });
  expect(await askAccount(world, present)).toEqual({ username: "alice", password: "token" });
  expect(world.said).toContain(
    "Docker Hub could not be asked from here: auth.docker.io cannot be reached (ENOTFOUND).",
  );
});

test("… or asked for again", async () => {
  const world = createWorld({ answers: ["alice", "token", "n", "none"], verdicts: [unknown] });
  expect(await askAccount(world, present)).toBeNull();
});

test.each([["none"], [""], ["alice", ""]])("%j is no account", async (...answers) => {
  const world = createWorld({ answers });
  expect(await askAccount(world, present)).toBeNull();
  expect(world.verified).toEqual([]);
});

test("a username with a colon or a space is none", async () => {
  const world = createWorld({ answers: ["a:b", "a b", "none"] });
  expect(await askAccount(world, present)).toBeNull();
});

test("one that is stored stays, unless another is wanted", async () => {
  const stored = { ...present, secrets: ["UPSTREAM_USERNAME", "UPSTREAM_PASSWORD"] };
  expect(await askAccount(createWorld({ answers: [""] }), stored)).toBeNull();
  const world = createWorld({ answers: ["y", "bob", "token"], verdicts: [accepted] });
  expect(await askAccount(world, stored)).toEqual({ username: "bob", password: "token" });
});

test("another upstream's account is not asked for", async () => {
  const world = createWorld({ answers: [] });
  expect(await askAccount(world, { ...present, upstream: "https://ghcr.io" })).toBeNull();
  expect(world.said.at(-1)).toContain("docs/configuration.md");
});
