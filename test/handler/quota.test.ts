import { describe, expect, it } from "vitest";
import { imageOf, OCI_INDEX, OCI_LAST, OCI_MANIFEST, OCI_NEXT } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { withHeaders } from "../support/hub/responses.ts";
import {
  type Answer,
  type Mirror,
  type MirrorOptions,
  useMirrors,
} from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const OTHER = "/v2/busybox/manifests/1.37";
const HEAD_TAG = "registry HEAD /v2/library/busybox/manifests/1.36";
const WINDOW_SECONDS = 21_600;
const HOUR_SECONDS = 3600;

/** A mirror that has pulled a tag, whose upstream tells that so many pulls of 100 are left. */
async function createWithLeft(remaining: number, options: MirrorOptions = {}): Promise<Mirror> {
  const mirror = createMirror({ hub: { tokenSeconds: 86_400 }, ...options });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  mirror.hub.push("library/busybox", "1.37", imageOf(OCI_INDEX, OCI_MANIFEST));
  tell(mirror, String(remaining));
  await mirror.warm(TAG);
  return mirror;
}

/** What the upstream says is left from now on; null for nothing. */
function tell({ hub }: Mirror, remaining: string | null): void {
  hub.intercept(
    when({ path: /manifests/ }, async (next) =>
      withHeaders(await next(), {
        "ratelimit-limit": remaining && `100;w=${WINDOW_SECONDS}`,
        "ratelimit-remaining": remaining && `${remaining};w=${WINDOW_SECONDS}`,
      }),
    ),
  );
}

function cacheStatusOf({ headers }: Answer): string | null {
  return headers.get("cache-status");
}

describe("a quota that is low", () => {
  it("[33b] [G8] leaves a known tag alone for an hour, by GET and HEAD", async () => {
    const mirror = await createWithLeft(9);
    mirror.clock.advance(HOUR_SECONDS - 1);
    for (const ask of [mirror.get, mirror.head]) {
      const answer = await ask(TAG);
      expect(answer.status).toBe(200);
      expect(cacheStatusOf(answer)).toBe("sampan; hit; detail=quota");
      expect(answer.headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
      expect(answer.headers.has("warning")).toBe(false);
    }
    const unchanged = await mirror.get(TAG, { "if-none-match": `"${OCI_MANIFEST.digest}"` });
    expect([unchanged.status, cacheStatusOf(unchanged)]).toEqual([
      304,
      "sampan; hit; detail=quota",
    ]);
    expect(mirror.calls()).toEqual([]);
    mirror.clock.advance(1);
    expect(cacheStatusOf(await mirror.get(TAG))).toBe("sampan; fwd=stale");
    expect(mirror.calls()).toEqual([HEAD_TAG]);
  });

  it("[33b] [10] says nothing of a tag that is fresh", async () => {
    const mirror = await createWithLeft(9);
    mirror.clock.advance(59);
    expect(cacheStatusOf(await mirror.get(TAG))).toBe("sampan; hit");
  });

  it("[33b] is not at a tenth of the limit", async () => {
    const mirror = await createWithLeft(10);
    mirror.clock.advance(60);
    expect(cacheStatusOf(await mirror.get(TAG))).toBe("sampan; fwd=stale");
  });

  it("[33b] does not keep a tag that is not known from being asked for", async () => {
    const mirror = await createWithLeft(9);
    expect((await mirror.get(OTHER)).status).toBe(200);
    expect(mirror.calls()[0]).toBe("registry HEAD /v2/library/busybox/manifests/1.37");
  });

  it("[33b] ends when an answer tells of more", async () => {
    const mirror = await createWithLeft(9);
    mirror.clock.advance(60);
    expect(cacheStatusOf(await mirror.get(TAG))).toBe("sampan; hit; detail=quota");
    tell(mirror, "50");
    await mirror.get(OTHER);
    expect(cacheStatusOf(await mirror.get(TAG))).toBe("sampan; fwd=stale");
  });

  it("[33b] ends with its window", async () => {
    const mirror = await createWithLeft(9);
    mirror.clock.advance(WINDOW_SECONDS - 1800);
    tell(mirror, null);
    await mirror.get(TAG);
    mirror.clock.advance(1799);
    expect(cacheStatusOf(await mirror.get(TAG))).toBe("sampan; hit; detail=quota");
    mirror.clock.advance(1);
    expect(cacheStatusOf(await mirror.get(TAG))).toBe("sampan; fwd=stale");
  });

  it("[33b] [10] is not there where the upstream tells of none", async () => {
    const mirror = createMirror();
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
    tell(mirror, null);
    await mirror.warm(TAG);
    mirror.clock.advance(60);
    expect(cacheStatusOf(await mirror.get(TAG))).toBe("sampan; fwd=stale");
  });

  it("[33b] of one account is not that of another", async () => {
    const mirror = await createWithLeft(9, { hub: { accounts: { sampan: "hunter2" } } });
    mirror.clock.advance(60);
    mirror.reconfigure({ UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" });
    expect(cacheStatusOf(await mirror.get(TAG))).toBe("sampan; fwd=stale");
  });

  it("[33b] leaves a tag alone that another isolate checked", async () => {
    const mirror = await createWithLeft(9);
    mirror.restart("elsewhere");
    mirror.clock.advance(60);
    await mirror.get(OTHER);
    expect(cacheStatusOf(await mirror.get(TAG))).toBe("sampan; hit; detail=quota");
  });
});

describe("a quota that is used up", () => {
  /** The tag has moved on, the hour in which it is left alone has passed. */
  async function createMoved(): Promise<Mirror> {
    const mirror = await createWithLeft(0);
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    mirror.clock.advance(HOUR_SECONDS);
    return mirror;
  }

  function expectFormer(answer: Answer): void {
    expect(answer.status).toBe(200);
    expect(answer.headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
    expect(answer.headers.get("content-length")).toBe("399");
    expect(answer.headers.get("warning")).toMatch(/^299 - "the pull quota is used up/);
    expect(cacheStatusOf(answer)).toContain("detail=stale");
  }

  it("[33a] answers HEAD and GET of a tag that has moved with the manifest that is cached", async () => {
    const mirror = await createMoved();
    expectFormer(await mirror.head(TAG));
    const answer = await mirror.get(TAG);
    expectFormer(answer);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(mirror.hub.count({ method: "GET", path: /manifests/ })).toBe(1);
  });

  it.each(["here", "elsewhere"] as const)(
    "[33a] goes on doing so in a new isolate %s, an hour later",
    async (where) => {
      const mirror = await createMoved();
      expectFormer(await mirror.head(TAG));
      mirror.restart(where);
      mirror.clock.advance(HOUR_SECONDS);
      expectFormer(await mirror.head(TAG));
      expectFormer(await mirror.get(TAG));
    },
  );

  it("[33a] does so if the tag moves on and on", async () => {
    const mirror = await createMoved();
    expectFormer(await mirror.head(TAG));
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_LAST));
    mirror.clock.advance(HOUR_SECONDS);
    expectFormer(await mirror.head(TAG));
    expectFormer(await mirror.get(TAG));
  });

  it("[33a] does so for a tag that had moved while there was quota, before anybody fetched it", async () => {
    const mirror = await createWithLeft(1);
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    mirror.clock.advance(HOUR_SECONDS);
    const head = await mirror.head(TAG);
    expect(head.headers.get("docker-content-digest")).toBe(OCI_NEXT.digest);
    tell(mirror, "0");
    await mirror.head(OTHER);
    expectFormer(await mirror.head(TAG));
    expectFormer(await mirror.get(TAG));
  });

  it("[33a] answers with the new one once it can be had", async () => {
    const mirror = await createMoved();
    expectFormer(await mirror.head(TAG));
    tell(mirror, "100");
    mirror.clock.advance(WINDOW_SECONDS);
    const answer = await mirror.get(TAG);
    expect([answer.text, answer.headers.get("warning")]).toEqual([OCI_NEXT.text, null]);
  });

  it("[33a] answers with the new one if that is cached already", async () => {
    const mirror = await createWithLeft(5);
    mirror.hub.push("library/busybox", "1.38", imageOf(OCI_NEXT));
    await mirror.warm("/v2/busybox/manifests/1.38");
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    tell(mirror, "0");
    mirror.clock.advance(HOUR_SECONDS);
    for (const ask of [mirror.head, mirror.get]) {
      const answer = await ask(TAG);
      expect(answer.headers.get("docker-content-digest")).toBe(OCI_NEXT.digest);
      expect(answer.headers.has("warning")).toBe(false);
    }
    expect(mirror.calls()).toEqual([HEAD_TAG]);
  });

  it("[33a] does not stand in the way of a tag that has not moved", async () => {
    const mirror = await createWithLeft(0);
    mirror.clock.advance(HOUR_SECONDS);
    const answer = await mirror.head(TAG);
    expect([cacheStatusOf(answer), answer.headers.get("warning")]).toEqual([
      "sampan; fwd=stale",
      null,
    ]);
  });

  it("[33a] is asked in vain where nothing older is at hand: the client is told what the tag is", async () => {
    const mirror = await createMoved();
    const head = await mirror.head(OTHER);
    expect(head.headers.get("docker-content-digest")).toBe(OCI_INDEX.digest);
  });

  it("[33a] as the upstream itself counts it does the same", async () => {
    const mirror = createMirror({ hub: { pullLimit: 1 } });
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
    await mirror.warm(TAG);
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    mirror.clock.advance(HOUR_SECONDS);
    expectFormer(await mirror.head(TAG));
    expectFormer(await mirror.get(TAG));
    mirror.clock.advance(WINDOW_SECONDS);
    expect((await mirror.get(TAG)).text).toBe(OCI_NEXT.text);
  });
});
