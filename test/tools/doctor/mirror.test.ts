import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildImage } from "../../support/image.ts";
import { type Stack, type StackOptions, startStack } from "../../support/stack.ts";
import { examineWith } from "./support/examine.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const ACCOUNT = { UPSTREAM_USERNAME: "alice", UPSTREAM_PASSWORD: "pass:word" };
const HUB = {
  accounts: { alice: "pass:word" },
  privateRepositories: { "alice/secret": ["alice"] },
};

/** The real Worker before a stand-in with a multi-platform busybox of two tags. */
function useStack(options: StackOptions): () => Stack {
  let stack: Stack | null = null;
  beforeAll(async () => {
    stack = await startStack(options);
    const platforms = ["linux/amd64", "linux/arm64"];
    const mediaTypes = "docker";
    const image = await buildImage({ platforms, mediaTypes, layers: 2, layerBytes: 200_000 });
    stack.hub.push("library/busybox", "1.30", image);
    stack.hub.push("library/busybox", "1.31", await buildImage());
    stack.hub.push("library/oci", "1", await buildImage({ platforms, mediaTypes: "oci" }));
    stack.hub.push("alice/secret", "1", await buildImage());
  });
  afterAll(async () => {
    await stack?.close();
    expect(stack?.hub.leaks).toEqual([]);
  });
  return () => {
    if (stack === null) throw new Error("The stack did not start.");
    return stack;
  };
}

describe("an open mirror with an account", () => {
  const stack = useStack({ hub: HUB, vars: ACCOUNT });

  test("passes every check, for one pull and less than a megabyte", async () => {
    const { mirror, hub } = stack();

    const { notOk, notChecked, of, tally } = await examineWith([mirror.origin]);

    expect(notOk).toEqual([]);
    expect(notChecked).toEqual([]);
    expect(hub.pulls()).toBe(1);
    expect(tally.pulls).toBe(1);
    expect(tally.bytes).toBeLessThan(1_000_000);
    expect(of("quota").evidence).toBe("200 of 200 pulls left in 6 h");
    expect(of("manifest").evidence).toMatch(/^digest right, .*, 1 off the quota$/);
    expect(of("tags").evidence).toBe("one by one: 1.30, then 1.31; Link is on the mirror");
  });

  test("is asked a second time without a pull", async () => {
    const { mirror, hub } = stack();
    const pulls = hub.pulls();

    const { notOk, tally, of } = await examineWith([mirror.origin]);

    expect(notOk).toEqual([]);
    expect(hub.pulls()).toBe(pulls);
    expect(tally.pulls).toBe(0);
    expect(of("manifest").evidence).toMatch(/from the cache$/);
  });

  test("is asked for an OCI index with two, since no registry gives a part of it", async () => {
    const { mirror, hub } = stack();
    const pulls = hub.pulls();

    const { notOk, of } = await examineWith([mirror.origin, "--image", "oci:1"]);

    expect(notOk).toEqual([]);
    expect(hub.pulls() - pulls).toBe(2);
    expect(of("manifest").evidence).toMatch(/^both digests right, .*, 2 off the quota$/);
  });

  test("tells what it will not give", async () => {
    const { mirror } = stack();

    const { notOk, of } = await examineWith([mirror.origin, "--image", "alice/secret:1"]);

    expect(notOk).toEqual(["manifest-head"]);
    expect(of("manifest-head")).toMatchObject({
      evidence: "404 NAME_UNKNOWN: alice/secret:1 does not exist or is private",
      remedy: expect.stringContaining("PRIVATE_IMAGES"),
    });
  });
});

describe("a mirror below a path secret", () => {
  const locked = { ACCESS_PATHS: `home=${SECRET}`, PRIVATE_IMAGES: "allow" };
  const stack = useStack({ hub: HUB, vars: { ...ACCOUNT, ...locked } });

  test("opens to the secret, which is never shown, and shows nothing without it", async () => {
    const { origin } = stack().mirror;

    const { notOk, of, results } = await examineWith([`${origin}/${SECRET}`]);

    expect(notOk).toEqual([]);
    expect(of("lock").evidence).toBe(
      "404 without the secret and 404 with a wrong one; both ways of writing it open",
    );
    expect(JSON.stringify(results)).not.toContain(SECRET);
  });

  test("is told from one that is not there when the secret is missing", async () => {
    const { notOk, of } = await examineWith([stack().mirror.origin]);

    expect(notOk).toEqual(["ping"]);
    expect(of("ping").remedy).toContain("give its path secret too");
  });

  test("does not know a wrong secret", async () => {
    const { notOk, of } = await examineWith([`${stack().mirror.origin}/${"f".repeat(32)}`]);

    expect(notOk).toEqual(["ping"]);
    expect(of("ping").evidence).toBe("404: the mirror does not know this path secret");
  });

  test("is warned of when it gives the account's private images to all whom it lets in", async () => {
    const address = `${stack().mirror.origin}/${SECRET}`;

    const { notOk, of } = await examineWith([address, "--private", "alice/secret:1"]);

    expect(notOk).toEqual(["private"]);
    expect(of("private")).toMatchObject({
      level: "warning",
      remedy: expect.stringContaining("PRIVATE_IMAGES"),
    });
  });
});

describe("a mirror with users", () => {
  const stack = useStack({ hub: HUB, vars: { ...ACCOUNT, ACCESS_USERS: `bob=${SECRET}` } });

  test("lets them in, and shows no token", async () => {
    const login = ["--user", `bob:${SECRET}`];

    const { notOk, of, results } = await examineWith([stack().mirror.origin, ...login]);

    expect(notOk).toEqual([]);
    expect(of("login").evidence).toBe("bob gets in");
    expect(of("lock").evidence).toBe("401 without a login and with a wrong one");
    expect(JSON.stringify(results)).not.toContain(SECRET);
  });

  test("wants a login", async () => {
    const { notOk, of } = await examineWith([stack().mirror.origin]);

    expect(notOk).toEqual(["ping"]);
    expect(of("ping").remedy).toContain("--user name:token");
  });

  test("wants the right one", async () => {
    const { notOk, of } = await examineWith([stack().mirror.origin, "--user", "bob:wrong-wrong"]);

    expect(notOk).toEqual(["login"]);
    expect(of("login").remedy).toContain("ACCESS_USERS");
  });
});

describe("a mirror where everybody logs in upstream", () => {
  const stack = useStack({ hub: HUB, vars: { LOGIN: "upstream", LOGIN_KEY: SECRET } });

  test("gives anybody a token, which opens nothing private; without an account there is a warning", async () => {
    const { origin } = stack().mirror;

    const { notOk, of } = await examineWith([origin, "--private", "alice/secret:1"]);

    expect(notOk).toEqual(["quota"]);
    expect(of("login").evidence).toContain("gives anybody a token");
    expect(of("private").evidence).toBe("alice/secret is 404");
    expect(of("quota")).toMatchObject({
      level: "warning",
      evidence: expect.stringMatching(/^\d+ of 100 pulls left in 6 h: .* without an account/),
      remedy: expect.stringContaining("UPSTREAM_USERNAME"),
    });
  });

  test("lets an account in, to its own images, and nobody else to them", async () => {
    const { origin } = stack().mirror;
    const login = ["--user", "alice:pass:word"];

    const own = await examineWith([origin, ...login, "--image", "alice/secret:1"]);
    expect(own.of("login").evidence).toContain("lets alice in");
    expect(own.of("manifest").level).toBe("ok");

    const others = await examineWith([origin, ...login, "--private", "alice/secret:1"]);
    expect(others.of("private").evidence).toBe("alice/secret is 404");
  });

  test("says that a password is wrong", async () => {
    const { notOk, of } = await examineWith([stack().mirror.origin, "--user", "alice:nope-nope"]);

    expect(notOk).toEqual(["login"]);
    expect(of("login").evidence).toContain("rejects this username and password");
  });
});
