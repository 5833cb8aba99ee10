import { describe, expect, it } from "vitest";
import { inTurn, turnOf } from "../../src/mirror/turn.ts";
import { withHeaders } from "../support/hub/with-headers.ts";
import type { Image } from "../support/image/parts.ts";
import { buildImage } from "../support/image.ts";
import { ACCOUNT } from "./support/accounts.ts";
import { imageOf, OCI_LAST, OCI_MANIFEST, OCI_NEXT } from "./support/images.ts";
import type { Mirror } from "./support/mirror.ts";
import type { MirrorOptions, Vars } from "./support/options.ts";
import { when } from "./support/upstream.ts";
import { useMirrors } from "./support.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const HEAD_TAG = "registry HEAD /v2/library/busybox/manifests/1.36";
const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;
const LONG_TOKENS = { tokenSeconds: 100 * DAY_SECONDS };

async function createWarm(options: MirrorOptions = {}): Promise<Mirror> {
  const mirror = createMirror({ hub: LONG_TOKENS, ...options });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  await mirror.warm(TAG);
  return mirror;
}

/** What the log says of the last run. */
function report({ log }: Mirror) {
  return log.findLast(({ event }) => event === "warm")?.fields;
}

function isHead(call: string): boolean {
  return call.startsWith("registry HEAD");
}

describe("a tag that clients pulled", () => {
  it("[B6] is asked for by HEAD alone, and nothing is written, if it has not moved", async () => {
    const mirror = await createWarm();
    mirror.clock.advance(HOUR_SECONDS);
    await mirror.tend();
    expect(mirror.calls()).toEqual([HEAD_TAG]);
    expect([mirror.kv.written(), mirror.kv.count("delete"), mirror.kv.count("list")]).toEqual([
      [],
      0,
      1,
    ]);
    expect(report(mirror)).toEqual({
      registry: "docker.io",
      checked: 1,
      moved: 0,
      failed: 0,
      upstreamRequests: 1,
    });
  });

  it("[B6] is fresh in the isolate that asked for it", async () => {
    const mirror = await createWarm();
    mirror.clock.advance(HOUR_SECONDS);
    await mirror.tend();
    mirror.calls();
    const answer = await mirror.get(TAG);
    expect(answer.headers.get("cache-status")).toBe("sampan; hit");
    expect(mirror.calls()).toEqual([]);
  });

  it("[B6] is not asked for if KV lists it but cannot read it", async () => {
    const mirror = await createWarm();
    mirror.restart("elsewhere");
    mirror.kv.fail("read", "KV GET failed: 500");
    await mirror.tend();
    expect(mirror.calls()).toEqual([]);
    expect(report(mirror)).toMatchObject({ moved: 0, failed: 0 });
  });

  it("[B6] costs no write for a token, in a new isolate either", async () => {
    const mirror = await createWarm({ hub: { tokenSeconds: 300 } });
    mirror.clock.advance(HOUR_SECONDS);
    mirror.restart("elsewhere");
    await mirror.tend();
    expect(report(mirror)).toMatchObject({ checked: 1, failed: 0 });
    expect(mirror.kv.written()).toEqual([]);
  });

  it.each(["here", "elsewhere"] as const)(
    "[B6] has its manifest fetched if it has moved, so that the next pull %s asks for none",
    async (where) => {
      const mirror = await createWarm();
      mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
      mirror.clock.advance(HOUR_SECONDS);
      await mirror.tend();
      const getNext = `registry GET /v2/library/busybox/manifests/${OCI_NEXT.digest}`;
      expect(mirror.calls()).toEqual([HEAD_TAG, getNext]);
      expect(mirror.kv.written()).toEqual(["manifest", "tag"]);
      expect(report(mirror)).toEqual({
        registry: "docker.io",
        checked: 1,
        moved: 1,
        failed: 0,
        upstreamRequests: 2,
      });
      mirror.restart(where);
      mirror.clock.advance(HOUR_SECONDS);
      expect((await mirror.get(TAG)).text).toBe(OCI_NEXT.text);
      expect(mirror.calls().filter((call) => !call.includes("/token"))).toEqual([
        ...(where === "elsewhere" ? ["registry GET /v2/"] : []),
        HEAD_TAG,
      ]);
    },
  );

  it("[B6] [35] that has moved answers as it is now when the upstream is gone", async () => {
    const mirror = await createWarm();
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    await mirror.tend();
    mirror.hub.become("gone");
    mirror.clock.advance(DAY_SECONDS);
    mirror.restart("elsewhere");
    expect((await mirror.get(TAG)).text).toBe(OCI_NEXT.text);
  });

  it("[B6] [35] does so too where the old one was pulled, and is written by nobody again", async () => {
    const mirror = await createWarm();
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    mirror.clock.advance(HOUR_SECONDS);
    mirror.restart("elsewhere");
    await mirror.tend();
    mirror.restart("back");
    mirror.kv.reset();
    mirror.clock.advance(HOUR_SECONDS);
    mirror.hub.become("gone");
    const stale = await mirror.get(TAG);
    expect([stale.text, stale.headers.has("warning")]).toEqual([OCI_NEXT.text, true]);
    mirror.hub.become("serving");
    mirror.restart();
    mirror.clock.advance(HOUR_SECONDS);
    expect((await mirror.get(TAG)).text).toBe(OCI_NEXT.text);
    expect(mirror.kv.written()).toEqual([]);
  });

  it("[B6] is not looked for without KV, and the log tells", async () => {
    const mirror = await createWarm();
    mirror.kv.fail("list", "KV list() limit exceeded for the day.");
    await mirror.tend();
    expect(mirror.calls()).toEqual([]);
    expect(mirror.log.filter(({ event }) => event === "cache failed").length).toBe(1);
    expect(report(mirror)).toMatchObject({ checked: 0 });
  });
});

describe("an index that has moved", () => {
  const PLATFORMS = ["linux/amd64", "linux/arm64", "linux/s390x"];

  async function createIndexed(): Promise<{ mirror: Mirror; first: Image; next: Image }> {
    const first = await buildImage({ platforms: PLATFORMS });
    const next = await buildImage({ platforms: PLATFORMS, files: { "a.txt": "next" } });
    const mirror = createMirror({ hub: LONG_TOKENS });
    mirror.hub.push("library/busybox", "1.36", first);
    await mirror.warm(TAG);
    await mirror.warm(`/v2/busybox/manifests/${first.platforms.get("linux/arm64")}`);
    mirror.hub.push("library/busybox", "1.36", next);
    return { mirror, first, next };
  }

  it("[B6] is fetched with the image of the platform that was pulled, and no other", async () => {
    const { mirror, next } = await createIndexed();
    await mirror.tend();
    const pathOf = (digest = "") => `registry GET /v2/library/busybox/manifests/${digest}`;
    expect(mirror.calls()).toEqual([
      HEAD_TAG,
      pathOf(next.tagDigest),
      pathOf(next.platforms.get("linux/arm64")),
    ]);
    expect(mirror.kv.written()).toEqual(["manifest", "manifest", "tag"]);
  });

  it("[B6] is known to be pulled by another isolate, and moves on with that platform", async () => {
    const { mirror, next } = await createIndexed();
    mirror.restart("elsewhere");
    await mirror.tend();
    const last = await buildImage({ platforms: PLATFORMS, files: { "a.txt": "last" } });
    mirror.hub.push("library/busybox", "1.36", last);
    mirror.restart("elsewhere");
    mirror.calls();
    await mirror.tend();
    const gets = mirror.calls().filter((call) => call.includes("sha256:"));
    expect(gets.map((call) => call.slice(call.indexOf("sha256:")))).toEqual([
      last.tagDigest,
      last.platforms.get("linux/arm64"),
    ]);
    expect(next.tagDigest).not.toBe(last.tagDigest);
  });

  it("[B6] takes no more than its share of a run, however many platforms were pulled", async () => {
    const platforms = Array.from({ length: 50 }, (_, index) => `linux/cpu${index}`);
    const first = await buildImage({ platforms });
    const mirror = createMirror({ hub: LONG_TOKENS });
    mirror.hub.push("library/busybox", "1.36", first);
    await mirror.warm(TAG);
    for (const digest of first.platforms.values()) {
      await mirror.warm(`/v2/busybox/manifests/${digest}`);
    }
    const next = await buildImage({ platforms, files: { "a.txt": "next" } });
    mirror.hub.push("library/busybox", "1.36", next);
    await mirror.tend();
    expect(mirror.calls().length).toBeLessThanOrEqual(40);
  });
});

describe("a tag that nobody pulls any more", () => {
  it("[B6] is forgotten after about a week, though it moves", async () => {
    const mirror = await createWarm();
    const days: number[] = [];
    for (let day = 1; day <= 12; day++) {
      mirror.clock.advance(DAY_SECONDS);
      mirror.hub.push("library/busybox", "1.36", imageOf(day % 2 ? OCI_NEXT : OCI_LAST));
      await mirror.tend();
      if (mirror.calls().some(isHead)) days.push(day);
    }
    expect(days).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("[B6] stays while it is pulled, though it never moves", async () => {
    const mirror = await createWarm();
    for (let day = 1; day <= 30; day++) {
      mirror.clock.advance(DAY_SECONDS);
      await mirror.get(TAG);
      mirror.calls();
      await mirror.tend();
      expect(mirror.calls(), `on day ${day}`).toEqual([HEAD_TAG]);
    }
  });
});

describe("a tag that is not for clients any more", () => {
  it.each([
    { IMAGES_DENY: "library/busybox" },
    { IMAGES_DENY: "library/busybox:1.36" },
    { IMAGES_ALLOW: "grafana/**" },
  ])("[B6] [A4] [A4a] is left alone: %o", async (env: Vars) => {
    const mirror = await createWarm();
    mirror.reconfigure(env);
    await mirror.tend();
    expect(mirror.calls()).toEqual([]);
    expect(report(mirror)).toMatchObject({ checked: 0, failed: 1 });
  });

  it("[B6] [A6] is left alone once its image has turned private", async () => {
    const privateRepositories: Record<string, string[]> = {};
    const hub = { ...LONG_TOKENS, accounts: { sampan: "hunter2" }, privateRepositories };
    const mirror = createMirror({ env: ACCOUNT, hub: { ...hub, hasAccessClaims: true } });
    mirror.hub.push("grafana/late", "1", imageOf(OCI_MANIFEST));
    await mirror.warm("/v2/grafana/late/manifests/1");
    privateRepositories["grafana/late"] = ["sampan"];
    mirror.hub.push("grafana/late", "1", imageOf(OCI_NEXT));
    mirror.clock.advance(7.5 * DAY_SECONDS);
    mirror.restart("elsewhere");
    await mirror.tend();
    expect(report(mirror)).toMatchObject({ checked: 0, moved: 0, failed: 1 });
    expect(mirror.calls().filter((call) => call.includes("/manifests/"))).toEqual([]);
  });

  it("[B6] is no reason not to look after the others", async () => {
    const mirror = await createWarm();
    mirror.hub.push("library/busybox", "1.37", imageOf(OCI_MANIFEST));
    await mirror.warm("/v2/busybox/manifests/1.37");
    mirror.hub.untag("library/busybox", "1.36");
    await mirror.tend();
    expect(mirror.calls().filter(isHead).length).toBe(2);
    expect(report(mirror)).toMatchObject({ checked: 1, failed: 1 });
  });
});

describe("a quota", () => {
  it("[B6] that is low is not spent", async () => {
    const mirror = await createWarm();
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    mirror.hub.intercept(
      when({ path: /manifests/ }, async (next) =>
        withHeaders(await next(), {
          "ratelimit-limit": "100;w=21600",
          "ratelimit-remaining": "9;w=21600",
        }),
      ),
    );
    await mirror.tend();
    expect(mirror.calls()).toEqual([HEAD_TAG]);
    expect(mirror.kv.written()).toEqual([]);
    mirror.hub.intercept(null);
    await mirror.tend();
    expect(report(mirror)).toMatchObject({ moved: 1 });
  });

  it.each(["registry", "auth"] as const)(
    "[B6] whose 429 comes from the %s ends the run",
    async (host) => {
      const mirror = createMirror();
      for (const name of ["one", "two", "three"]) {
        mirror.hub.push(`grafana/${name}`, "1", imageOf(OCI_MANIFEST));
        await mirror.warm(`/v2/grafana/${name}/manifests/1`);
      }
      mirror.clock.advance(HOUR_SECONDS);
      const limited = () => new Response("slow down", { status: 429 });
      mirror.hub.intercept(when({ host }, limited));
      await mirror.tend();
      expect(mirror.calls().filter((call) => call.startsWith(host)).length).toBe(1);
      expect(report(mirror)).toMatchObject({ checked: 0, failed: 1 });
    },
  );

  it("[B6] is of no account where the upstream is gone: all are tried, none is dropped", async () => {
    const mirror = await createWarm();
    mirror.hub.become("gone");
    await mirror.tend();
    expect(report(mirror)).toMatchObject({ checked: 0, failed: 1 });
    expect(mirror.kv.count("delete")).toBe(0);
  });
});

describe("many tags", () => {
  async function createMany(count: number, nameOf: (index: number) => string): Promise<Mirror> {
    const mirror = createMirror();
    for (let index = 0; index < count; index++) {
      mirror.hub.push(nameOf(index), `t${index}`, imageOf(OCI_MANIFEST));
      await mirror.warm(`/v2/${nameOf(index)}/manifests/t${index}`);
    }
    return mirror;
  }

  /** The tags that one run asks for, in a new isolate. */
  async function tagsOfRun(mirror: Mirror): Promise<string[]> {
    mirror.restart("elsewhere");
    mirror.calls();
    await mirror.tend();
    const calls = mirror.calls();
    expect(calls.length).toBeLessThanOrEqual(41);
    return calls.filter(isHead).map((call) => call.slice(call.lastIndexOf("/") + 1));
  }

  it.each([
    ["one repository", () => "grafana/grafana", 3],
    ["sixty repositories", (index: number) => `grafana/g${index}`, 4],
  ] as const)("[B6] of %s take turns", async (_, nameOf, runs) => {
    const mirror = await createMany(60, nameOf);
    const seen = new Set<string>();
    for (let run = 0; run < runs; run++) {
      mirror.clock.advance(HOUR_SECONDS);
      const tags = await tagsOfRun(mirror);
      expect(tags.length).toBeGreaterThanOrEqual(19);
      for (const tag of tags) seen.add(tag);
    }
    expect(seen.size).toBe(60);
  });

  it.each([
    [2, 40],
    [3, 60],
    [12, 60],
  ])("[B6] of %i registries with %i tags each take turns as well", (registries, count) => {
    const tags = Array.from({ length: count }, (_, index) => index);
    const seen = new Set<number>();
    // Only the first of a run comes to its tags, and to 20 of them.
    for (let hour = 0; hour < 10 * registries; hour += registries) {
      for (const tag of inTurn(tags, turnOf(hour, registries), 20).slice(0, 20)) seen.add(tag);
    }
    expect(seen.size).toBe(count);
  });
});
