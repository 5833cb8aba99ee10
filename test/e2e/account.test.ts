import { expect, test } from "vitest";
import { buildImage } from "../support/image.ts";
import { PullError } from "../support/pull.ts";
import { stackForTest } from "./stack-for-test.ts";

const hub = {
  accounts: { alice: "pass:word" },
  privateRepositories: { "alice/secret": ["alice"] },
};
const asAlice = { UPSTREAM_USERNAME: "alice", UPSTREAM_PASSWORD: "pass:word" };
/** Nothing is asked without the account, and the mirror takes its owner's word for it. */
const unchecked = { ...asAlice, PRIVATE_IMAGES: "public-only-account" };

test("the account is shown to the token service only, and pulls off its own quota", async () => {
  const stack = await stackForTest({ hub, vars: unchecked });
  stack.hub.push("alice/secret", "1", await buildImage());

  await stack.pull("alice/secret:1");

  const shown = stack.hub.requests.filter(({ headers }) => headers.has("authorization"));
  const schemes = shown.map((request) => {
    return `${request.host} ${request.headers.get("authorization")?.split(" ")[0]}`;
  });
  expect(new Set(schemes)).toEqual(new Set(["auth Basic", "registry Bearer"]));
  expect(stack.hub.pulls()).toBe(1);
  expect(stack.mirror.log()).toContain("/v2/alice/secret/");
  expect(stack.mirror.log()).not.toMatch(/pass:word|Signature=|stand-in\./);
});

test("a private repository does not exist for a mirror without an account", async () => {
  const stack = await stackForTest({ hub });
  stack.hub.push("alice/secret", "1", await buildImage());

  const error = await stack.pull("alice/secret:1").catch((reason) => reason);

  expect(error).toBeInstanceOf(PullError);
  expect(error.status).toBe(404);
});

test("a private repository of the account does not exist for its clients, unless told so", async () => {
  const stack = await stackForTest({ hub, vars: asAlice });
  stack.hub.push("alice/secret", "1", await buildImage());

  const error = await stack.pull("alice/secret:1").catch((reason) => reason);

  expect(error.status).toBe(404);
  expect(stack.hub.pulls()).toBe(0);
});

test("a wrong password is a 502, and nobody tries without it", async () => {
  const stack = await stackForTest({ hub, vars: { ...unchecked, UPSTREAM_PASSWORD: "wrong" } });
  stack.hub.push("library/hello", "1", await buildImage());

  const error = await stack.pull("hello:1").catch((reason) => reason);

  expect(error.status).toBe(502);
  const tokens = stack.hub.requests.filter(({ host }) => host === "auth");
  expect(tokens.length).toBeGreaterThan(0);
  expect(tokens.every(({ headers }) => headers.has("authorization"))).toBe(true);
  expect(stack.mirror.log()).not.toContain("wrong");
});
