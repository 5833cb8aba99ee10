import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildImage } from "../../support/image.ts";
import { type Stack, type StackOptions, startStack } from "../../support/stack.ts";
import { examineWith, type Outcome } from "./support/examine.ts";

function useStack(options: StackOptions): () => Stack {
  let stack: Stack | null = null;
  beforeAll(async () => {
    stack = await startStack(options);
  });
  afterEach(() => stack?.hub.reset());
  afterAll(async () => stack?.close());
  return () => {
    if (stack === null) throw new Error("The stack did not start.");
    return stack;
  };
}

describe("a mirror without an account, whose upstream", () => {
  const stack = useStack({ vars: { UPSTREAM_TIMEOUT_SECONDS: 3 } });

  /** An image that was never asked for. */
  async function examineImage(name: string, fail: (stack: Stack) => void): Promise<Outcome> {
    stack().hub.push(`team/${name}`, "1", await buildImage());
    fail(stack());
    return examineWith([stack().mirror.origin, "--image", `team/${name}:1`]);
  }

  test("has no pulls left for it, is told so, with what helps", async () => {
    const { notOk, of } = await examineImage("exhausted", ({ hub }) => hub.become("exhausted"));

    expect(notOk).toEqual(["quota", "manifest"]);
    expect(of("manifest").evidence).toMatch(
      /^429 TOOMANYREQUESTS: .*the pull quota is used up; the mirror has no account/,
    );
    expect(of("manifest").remedy).toMatch(/UPSTREAM_USERNAME/);
  });

  test("limits requests as such, is told before anything is fetched", async () => {
    const { notOk, of, notChecked } = await examineImage("limited", ({ hub }) =>
      hub.become("limited"),
    );

    expect(notOk).toEqual(["manifest-head"]);
    expect(of("manifest-head").evidence).toMatch(
      /^429 TOOMANYREQUESTS: .*says too many requests; the mirror has no account/,
    );
    expect(of("manifest-head").remedy).toMatch(/limit on requests as such.*wait some minutes/);
    expect(notChecked).toEqual([
      "bare-name",
      "quota",
      "upstream",
      "freshness",
      "manifest",
      "cache",
      "blobs",
      "compression",
      "range",
      "tags",
      "referrers",
      "namespace",
      "latency",
    ]);
  });

  test("is gone, is told from a mirror that is", async () => {
    const { notOk, of } = await examineImage("gone", ({ hub }) => hub.become("gone"));

    expect(notOk).toEqual(["manifest-head"]);
    expect(of("manifest-head").evidence).toMatch(/^502 UNAVAILABLE: .*cannot be reached/);
    expect(of("manifest-head").remedy).toMatch(/the mirror works, its upstream does not/);
  });

  test("hangs, is told as that", async () => {
    const { notOk, of } = await examineImage("hanging", ({ hub }) => hub.intercept(() => "hang"));

    expect(notOk).toEqual(["manifest-head"]);
    expect(of("manifest-head").evidence).toMatch(/^504 UNAVAILABLE: .*did not answer within 3 s/);
  });

  test("has a storage that refuses, fails at the blobs", async () => {
    const { notOk, of } = await examineImage("refusing", ({ hub }) =>
      hub.intercept(({ host }) =>
        host === "storage" ? new Response("no", { status: 403 }) : undefined,
      ),
    );

    expect(notOk).toEqual(["quota", "blobs"]);
    expect(of("blobs").evidence).toMatch(
      /^502 UNAVAILABLE: .*storage at .* refused with status 403/,
    );
    expect(of("blobs").remedy).toMatch(/storage refuses/);
  });

  test("has no such tag, is told from one that fails", async () => {
    const { notOk, of } = await examineImage("known", () => {});
    expect(notOk).toEqual(["quota"]);
    expect(of("redirects").evidence).toBe("none handed out");

    const missing = await examineWith([stack().mirror.origin, "--image", "team/known:2"]);
    expect(missing.notOk).toEqual(["manifest-head"]);
    expect(missing.of("manifest-head").evidence).toMatch(
      /^404 MANIFEST_UNKNOWN: team\/known:2 is not known/,
    );
    expect(missing.of("manifest-head").remedy).toMatch(/no such tag/);
  });
});

describe("a mirror that always asks", () => {
  const stack = useStack({ vars: { TAG_TTL_SECONDS: 0 } });

  test("is warned of, and again when an old answer stands in", async () => {
    stack().hub.push("team/old", "1", await buildImage());
    const args = [stack().mirror.origin, "--image", "team/old:1"];

    const fresh = await examineWith(args);
    expect(fresh.notOk).toEqual(["quota", "cache"]);
    expect(fresh.of("cache").remedy).toMatch(/TAG_TTL_SECONDS = 0/);

    stack().hub.become("limited");
    const stale = await examineWith(args);
    expect(stale.of("upstream")).toMatchObject({
      level: "warning",
      evidence: expect.stringMatching(/^an old answer stands in: .*too many requests/),
      remedy: expect.stringMatching(/give it an account/),
    });
  });
});

describe("a mirror whose account", () => {
  const stack = useStack({
    hub: { accounts: { alice: "right-password" } },
    vars: { UPSTREAM_USERNAME: "alice", UPSTREAM_PASSWORD: "wrong-password" },
  });

  test("is rejected says whose it is to mend", async () => {
    stack().hub.push("library/busybox", "1.30", await buildImage());

    const { notOk, of } = await examineWith([stack().mirror.origin]);

    expect(notOk).toEqual(["manifest-head"]);
    expect(of("manifest-head").evidence).toMatch(
      /^502 UNAVAILABLE: .*rejects the mirror's account/,
    );
    expect(of("manifest-head").remedy).toMatch(/npx wrangler secret put UPSTREAM_PASSWORD/);
  });
});
