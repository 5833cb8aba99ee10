import { afterEach, describe, expect, test } from "vitest";
import type { Hub } from "../../support/hub.ts";
import { buildImage } from "../../support/image.ts";
import { examineWith, expectNotOk, useMirror } from "./support/examine.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const ACCOUNT = { UPSTREAM_USERNAME: "alice", UPSTREAM_PASSWORD: "pass:word" };
const HUB = {
  accounts: { alice: "pass:word" },
  privateRepositories: { "alice/secret": ["alice"] },
};

describe("an open mirror with an account", () => {
  const mirror = useMirror({ hub: HUB, vars: ACCOUNT });

  test("passes every check with one pull and less than a megabyte, then without a pull", async () => {
    const { mirror: worker, hub } = mirror();

    const first = await examineWith([worker.origin]);

    expectNotOk(first, {});
    expect(first.notChecked).toEqual([]);
    expect(hub.pulls()).toBe(1);
    expect(first.tally.pulls).toBe(1);
    expect(first.tally.bytes).toBeLessThan(1_000_000);
    expect(first.ok.quota).toBe("200 of 200 pulls left in 6 h");
    expect(first.ok.manifest).toMatch(/^digest correct, .*, counts as 1 of the pull quota$/);
    expect(first.ok.tags).toBe("paged: 1.30, then 1.31; Link is on the mirror");
    expect(first.ok.redirects).toBe("none reach the client");

    const second = await examineWith([worker.origin]);

    expectNotOk(second, {});
    expect(hub.pulls()).toBe(1);
    expect(second.tally.pulls).toBe(0);
    expect(second.ok.manifest).toMatch(/from the cache$/);
    expect(hub.leaks).toEqual([]);
  });

  test("needs two pulls for an OCI index", async () => {
    const { mirror: worker, hub } = mirror();
    const pulls = hub.pulls();

    const outcome = await examineWith([worker.origin, "--image", "oci:1"]);

    expectNotOk(outcome, {});
    expect(hub.pulls() - pulls).toBe(2);
    expect(outcome.ok.manifest).toMatch(/^both digests correct, .*, counts as 2 of /);
  });

  test("is not asked for a layer of more than 4 MiB", async () => {
    const { mirror: worker, hub } = mirror();
    hub.push("team/large", "1", await buildImage({ layerBytes: 4 * 1024 * 1024 }));

    const outcome = await examineWith([worker.origin, "--image", "team/large:1"]);

    expectNotOk(outcome, {});
    expect(outcome.ok.blobs).toMatch(/; the smallest layer, 4\.0 MiB, is too large to read$/);
    expect(outcome.tally.bytes).toBeLessThan(1_000_000);
  });

  test("reports that it does not serve a private image", async () => {
    expectNotOk(await examineWith([mirror().mirror.origin, "--image", "alice/secret:1"]), {
      "manifest-head": /^failure: 404, NAME_UNKNOWN: alice\/secret:1 .* → .*PRIVATE_IMAGES/,
    });
  });
});

describe("a mirror with a path secret", () => {
  const locked = { ACCESS_PATHS: `home=${SECRET}`, PRIVATE_IMAGES: "allow" };
  const mirror = useMirror({ hub: HUB, vars: { ...ACCOUNT, ...locked } });

  test("accepts the secret, which the report does not contain", async () => {
    const outcome = await examineWith([`${mirror().mirror.origin}/${SECRET}`]);

    expectNotOk(outcome, {});
    expect(outcome.ok.lock).toBe(
      "404 without the secret, 404 with a wrong one; 200 for both forms of it",
    );
    expect(JSON.stringify(outcome)).not.toContain(SECRET);
  });

  test("is recognised as locked without the secret", async () => {
    expectNotOk(await examineWith([mirror().mirror.origin]), {
      ping: /^failure: 404: if this is a mirror, it is locked → add its path secret/,
    });
  });

  test("rejects a wrong secret", async () => {
    expectNotOk(await examineWith([`${mirror().mirror.origin}/${"f".repeat(32)}`]), {
      ping: /^failure: 404: the mirror does not accept this path secret → .*ACCESS_PATHS/,
    });
  });

  test("serves the account's private images if configured so, with a warning", async () => {
    const address = `${mirror().mirror.origin}/${SECRET}`;

    expectNotOk(await examineWith([address, "--private", "alice/secret:1"]), {
      private: /^warning: alice\/secret is served to everyone with access .* → .*PRIVATE_IMAGES/,
    });
  });
});

describe("a mirror with users", () => {
  const mirror = useMirror({ hub: HUB, vars: { ...ACCOUNT, ACCESS_USERS: `bob=${SECRET}` } });

  test("accepts their login, which the report does not contain", async () => {
    const outcome = await examineWith([mirror().mirror.origin, "--user", `bob:${SECRET}`]);

    expectNotOk(outcome, {});
    expect(outcome.ok.login).toBe("the login of bob is accepted");
    expect(outcome.ok.lock).toBe("401 without a login, 401 with a wrong one");
    expect(JSON.stringify(outcome)).not.toContain(SECRET);
  });

  test("requires a login", async () => {
    expectNotOk(await examineWith([mirror().mirror.origin]), {
      ping: /^failure: 401 with a Basic challenge: .* → .*--user name:token/,
    });
  });

  test("rejects a wrong token", async () => {
    expectNotOk(await examineWith([mirror().mirror.origin, "--user", "bob:wrong-wrong"]), {
      login: /^failure: 401, UNAUTHORIZED: .* → .*ACCESS_USERS/,
    });
  });
});

describe("a mirror where clients log in with their upstream account", () => {
  const mirror = useMirror({ hub: HUB, vars: { LOGIN: "upstream", LOGIN_KEY: SECRET } });

  test("serves public images without a login; without an account there is a warning", async () => {
    const outcome = await examineWith([mirror().mirror.origin, "--private", "alice/secret:1"]);

    expectNotOk(outcome, {
      quota: /^warning: \d+ of 100 pulls left in 6 h: .* → configure an account: .*UPSTREAM_USER/,
    });
    expect(outcome.ok.login).toBe("the mirror issues tokens to anonymous clients");
    expect(outcome.ok.lock).toBe("public images are open to anyone (LOGIN)");
    expect(outcome.ok.private).toBe("404 for alice/secret");
  });

  test("serves an account's private images to this account only", async () => {
    const login = [mirror().mirror.origin, "--user", "alice:pass:word"];

    const own = await examineWith([...login, "--image", "alice/secret:1"]);
    expect(own.ok.login).toBe("the mirror issues tokens to alice");
    expect(own.ok.manifest).toMatch(/^digest correct/);

    const others = await examineWith([...login, "--private", "alice/secret:1"]);
    expect(others.ok.private).toBe("404 for alice/secret");
  });

  test("rejects a wrong password", async () => {
    expectNotOk(await examineWith([mirror().mirror.origin, "--user", "alice:nope-nope"]), {
      login: /^failure: 401, UNAUTHORIZED: /,
    });
  });
});

describe("a mirror without an account", () => {
  const mirror = useMirror({ vars: { UPSTREAM_TIMEOUT_SECONDS: 3 } });
  afterEach(() => mirror().hub.reset());

  /** Examines an image that the mirror has never seen. */
  async function examineNew(name: string, fail: (hub: Hub) => void) {
    const { hub, mirror: worker } = mirror();
    hub.push(`team/${name}`, "1", await buildImage());
    fail(hub);
    return examineWith([worker.origin, "--image", `team/${name}:1`]);
  }

  test("reports a used up pull quota", async () => {
    expectNotOk(await examineNew("exhausted", (hub) => hub.become("exhausted")), {
      quota: /^warning: 100 of 100 pulls left/,
      manifest: /^failure: 429, TOOMANYREQUESTS: .*pull quota is used up.* → .*UPSTREAM_USERNAME/,
    });
  });

  test("reports a limit on requests before any pull, and what it makes impossible", async () => {
    const outcome = await examineNew("limited", (hub) => hub.become("limited"));

    expectNotOk(outcome, {
      "manifest-head": /^failure: 429, TOOMANYREQUESTS: .* → configure an account/,
    });
    expect(outcome.notChecked).toEqual([
      ...["bare-name", "quota", "upstream", "freshness", "manifest", "cache", "blobs"],
      ...["compression", "range", "tags", "referrers", "namespace", "latency"],
    ]);
  });

  test("reports an upstream without a connection as the upstream's failure", async () => {
    expectNotOk(await examineNew("gone", (hub) => hub.become("gone")), {
      "manifest-head": /^failure: 502, UNAVAILABLE: .* → the mirror works, its upstream does not/,
    });
  });

  test("reports an upstream that hangs", async () => {
    expectNotOk(await examineNew("hanging", (hub) => hub.intercept(() => "hang")), {
      "manifest-head": /^failure: 504, UNAVAILABLE: .* → the mirror works, its upstream does not/,
    });
  });

  test("reports a storage that refuses", async () => {
    const refuse = (hub: Hub) =>
      hub.intercept(({ host }) =>
        host === "storage" ? new Response("no", { status: 403 }) : undefined,
      );

    expectNotOk(await examineNew("refusing", refuse), {
      quota: /^warning: /,
      blobs: /^failure: 502, UNAVAILABLE: .*storage.* → the upstream's storage refuses/,
    });
  });

  test("reports a missing tag", async () => {
    await examineNew("known", () => {});

    expectNotOk(await examineWith([mirror().mirror.origin, "--image", "team/known:2"]), {
      "manifest-head": /^failure: 404, MANIFEST_UNKNOWN: team\/known:2 .* → .*no such tag/,
    });
  });
});

describe("a mirror that checks every tag", () => {
  const mirror = useMirror({ vars: { TAG_TTL_SECONDS: 0 } });

  test("is reported, and so is an old answer in place of a failing upstream", async () => {
    const { hub, mirror: worker } = mirror();
    hub.push("team/old", "1", await buildImage());
    const args = [worker.origin, "--image", "team/old:1"];

    expectNotOk(await examineWith(args), {
      quota: /^warning: /,
      cache: /^warning: the manifest is cached, .* → that is TAG_TTL_SECONDS = 0/,
    });

    hub.become("limited");
    expect((await examineWith(args)).notOk.upstream).toMatch(
      /^failure: cached images are served, others fail: 429, .+ → configure an account/,
    );
    hub.become("serving");
    expect((await examineWith(args)).notOk.upstream).toMatch(
      /^warning: an old answer, because the upstream failed: .+ → configure an account/,
    );
  });
});

describe("a mirror that has cached everything that the doctor reads", () => {
  const mirror = useMirror({});

  test.each([
    ["gone" as const, /^failure: .*502, UNAVAILABLE: .* → the mirror works, its upstream does not/],
    ["limited" as const, /^failure: .*429, TOOMANYREQUESTS: .* → configure an account/],
  ])(
    "is not all green while its upstream is %s, and the cause is reported once",
    async (mode, upstream) => {
      const { hub, mirror: worker } = mirror();
      await examineWith([worker.origin]);
      hub.become(mode);
      const outcome = await examineWith([worker.origin]);
      hub.become("serving");

      expectNotOk(outcome, { upstream });
      expect(outcome.ok).toMatchObject({ manifest: expect.any(String), blobs: expect.any(String) });
    },
  );
});

describe("a mirror whose account the upstream rejects", () => {
  const mirror = useMirror({
    hub: { accounts: { alice: "right-password" } },
    vars: { UPSTREAM_USERNAME: "alice", UPSTREAM_PASSWORD: "wrong-password" },
  });

  test("is reported with the secret to set", async () => {
    expectNotOk(await examineWith([mirror().mirror.origin]), {
      "manifest-head": /^failure: .*rejects the mirror's account.* → .*put UPSTREAM_PASSWORD/,
    });
  });
});
