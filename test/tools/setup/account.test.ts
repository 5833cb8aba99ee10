import { expect, test } from "vitest";
import {
  askAccount,
  askPrivateImages,
  type Verification,
  verifyAccount,
} from "../../../tools/setup/account.ts";
import { readCurrentConfig } from "../../../tools/setup/current.ts";
import { textsIn } from "../../../tools/setup/texts.ts";
import { SHIPPED } from "../../support/repository.ts";
import { createContext, type Script } from "./support/context.ts";

const ALICE = { username: "alice", password: "pässword" };
const english = textsIn("en");
const current = readCurrentConfig(SHIPPED, []);
const accepted: Verification = { kind: "accepted" };
const rejected: Verification = { kind: "rejected" };
const unknown: Verification = { kind: "unknown", reason: "auth.docker.io cannot be reached" };

async function askedBy(script: Script, config = current) {
  const context = createContext(script);
  return { ...context, account: await askAccount(context.terminal, context.verify, config) };
}

test("an accepted account is taken, without blanks around the token", async () => {
  const { account, verified } = await askedBy({
    answers: ["alice", " token "],
    verifications: [accepted],
  });
  expect(account).toEqual({ username: "alice", password: "token" });
  expect(verified).toEqual([account]);
});

test("a rejected account is asked for again", async () => {
  const { account, said } = await askedBy({
    answers: ["alice", "wrong", "alice", "right"],
    verifications: [rejected, accepted],
  });
  expect(account).toEqual({ username: "alice", password: "right" });
  expect(said).toContain("Docker Hub does not accept this username with this token. Try again.");
});

test("an account that cannot be checked is stored after a yes", async () => {
  const { account, said } = await askedBy({
    answers: ["alice", "token", ""],
    verifications: [unknown],
  });
  expect(account).toEqual({ username: "alice", password: "token" });
  expect(said).toContain("The account could not be checked: auth.docker.io cannot be reached.");
});

test("after a no, an account that cannot be checked is asked for again", async () => {
  const answers = ["alice", "token", "n", "none"];
  expect((await askedBy({ answers, verifications: [unknown] })).account).toBeNull();
});

test.each([["none"], [""], ["alice", ""], ["a:b", "a b", "none"]])(
  "the answers %j mean no account",
  async (...answers) => {
    const { account, verified } = await askedBy({ answers });
    expect([account, verified]).toEqual([null, []]);
  },
);

test("a stored account stays, unless another is wanted", async () => {
  const stored = { ...current, secrets: ["UPSTREAM_USERNAME", "UPSTREAM_PASSWORD"] };
  expect((await askedBy({ answers: [""] }, stored)).account).toBeNull();
  const script = { answers: ["y", "bob", "token"], verifications: [accepted] };
  expect((await askedBy(script, stored)).account).toEqual({ username: "bob", password: "token" });
});

test("no account is asked for at another upstream than Docker Hub", async () => {
  const { account, said } = await askedBy(
    { answers: [] },
    { ...current, upstream: "https://ghcr.io" },
  );
  expect(account).toBeNull();
  expect(said.at(-1)).toContain("docs/configuration.md");
});

test("an account is asked for if Docker Hub is one of several upstreams", async () => {
  const upstream = "https://mirror.gcr.io, https://registry-1.docker.io/";
  const script = { answers: ["alice", "token"], verifications: [accepted] };
  const { account } = await askedBy(script, { ...current, upstream });
  expect(account).toEqual({ username: "alice", password: "token" });
});

test("the token service gets one request without a scope, with the account in a header", async () => {
  const requests: Request[] = [];
  let signal: AbortSignal | null | undefined;
  await verifyAccount(
    async (input, init) => {
      requests.push(new Request(input, init));
      signal = init?.signal;
      return Response.json({ token: "t" });
    },
    english,
    ALICE,
  );
  expect(requests.map(({ url, method, redirect }) => [method, url, redirect])).toEqual([
    ["GET", "https://auth.docker.io/token?service=registry.docker.io", "manual"],
  ]);
  expect(requests[0]?.headers.get("authorization")).toBe("Basic YWxpY2U6cMOkc3N3b3Jk");
  expect(signal).toBeInstanceOf(AbortSignal);
});

test.each([
  [200, { kind: "accepted" }],
  [401, { kind: "rejected" }],
  [403, { kind: "rejected" }],
  [429, { kind: "unknown", reason: "auth.docker.io is limiting requests (429)" }],
  [301, { kind: "unknown", reason: "auth.docker.io answered with status 301" }],
  [503, { kind: "unknown", reason: "auth.docker.io answered with status 503" }],
])("status %i of the token service is understood", async (status, result) => {
  expect(await verifyAccount(async () => new Response("{}", { status }), english, ALICE)).toEqual(
    result,
  );
});

test.each([
  [
    Object.assign(new TypeError("fetch failed"), { cause: { code: "ENOTFOUND" } }),
    "auth.docker.io cannot be reached (ENOTFOUND)",
  ],
  [new TypeError("fetch failed"), "auth.docker.io cannot be reached"],
  [new DOMException("late", "TimeoutError"), "auth.docker.io did not answer in time"],
])("%s is reported as the reason", async (error, reason) => {
  const result = await verifyAccount(() => Promise.reject(error), english, ALICE);
  expect(result).toEqual({ kind: "unknown", reason });
});

test.each<[string, string, boolean, string]>([
  ["check", "y", true, "public-only-account"],
  ["check", "", true, "check"],
  ["public-only-account", "", true, "public-only-account"],
  ["public-only-account", "n", false, "check"],
])(
  "with PRIVATE_IMAGES = %s, the answer %j gives the right value",
  async (before, answer, isNew, after) => {
    const { terminal } = createContext({ answers: [answer] });
    const config = {
      ...current,
      privateImages: before,
      secrets: isNew ? [] : ["UPSTREAM_PASSWORD"],
    };
    expect(await askPrivateImages(terminal, config, isNew ? ALICE : null)).toBe(after);
  },
);

test.each([
  ["without an account", {}, null, "check"],
  ["where private images are served", { privateImages: "allow" }, ALICE, "allow"],
  ["at another upstream", { upstream: "https://ghcr.io" }, ALICE, "check"],
])("%s, the scope of the token is not asked for", async (_, changes, account, value) => {
  const { terminal } = createContext({ answers: [] });
  expect(await askPrivateImages(terminal, { ...current, ...changes }, account)).toBe(value);
});
