import { describe, expect, it } from "vitest";
import { imageOf, OCI_LAST, OCI_MANIFEST, OCI_NEXT } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import {
  HANDSHAKE,
  type Mirror,
  type MirrorOptions,
  read,
  useMirrors,
} from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const HEAD_TAG = "registry HEAD /v2/library/busybox/manifests/1.36";
const GET_OLD = `registry GET /v2/library/busybox/manifests/${OCI_MANIFEST.digest}`;
const GET_NEXT = `registry GET /v2/library/busybox/manifests/${OCI_NEXT.digest}`;

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror({ ...options, hub: { tokenSeconds: 86_400 } });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

/** The tag has been pulled, and has moved on since; what it leads to now cannot be pulled. */
async function createMoved(): Promise<Mirror> {
  const mirror = createMirror({ hub: { tokenSeconds: 86_400 } });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  await mirror.warm(TAG);
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
  mirror.clock.advance(60);
  mirror.hub.become("exhausted");
  return mirror;
}

describe("a tag", () => {
  it("[11] [G8] is fresh for 60 seconds", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    mirror.clock.advance(59);
    for (const ask of [mirror.get, mirror.head]) {
      const answer = await ask(TAG);
      expect(answer.headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
      expect(answer.headers.get("cache-status")).toBe("sampan; hit");
    }
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls()).toEqual([]);
  });

  it("[12] [G8] is checked by HEAD after 60 seconds, with its manifest from the cache", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.clock.advance(60);
    const answer = await mirror.get(TAG);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(answer.headers.get("cache-status")).toBe("sampan; fwd=stale");
    expect(mirror.calls()).toEqual([HEAD_TAG]);
    mirror.clock.advance(59);
    expect((await mirror.get(TAG)).headers.get("cache-status")).toBe("sampan; hit");
    expect(mirror.calls()).toEqual([]);
  });

  it("[12] leads to the new manifest after it has moved", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    mirror.clock.advance(60);
    expect((await mirror.get(TAG)).text).toBe(OCI_NEXT.text);
    expect(mirror.calls()).toEqual([HEAD_TAG, GET_NEXT]);
    expect((await mirror.get(TAG)).text).toBe(OCI_NEXT.text);
    expect(mirror.calls()).toEqual([]);
  });

  it("[12] is checked every time with TAG_TTL_SECONDS = 0", async () => {
    const mirror = createStocked({ env: { TAG_TTL_SECONDS: 0 } });
    await mirror.get(TAG);
    await mirror.get(TAG);
    await mirror.head(TAG);
    expect(mirror.calls()).toEqual([...HANDSHAKE, HEAD_TAG, GET_OLD, HEAD_TAG, HEAD_TAG]);
  });

  it("[11] is fresh for TAG_TTL_SECONDS", async () => {
    const mirror = createStocked({ env: { TAG_TTL_SECONDS: "3600" } });
    await mirror.warm(TAG);
    mirror.clock.advance(3599);
    expect((await mirror.get(TAG)).status).toBe(200);
    expect(mirror.calls()).toEqual([]);
    mirror.clock.advance(1);
    expect((await mirror.get(TAG)).status).toBe(200);
    expect(mirror.calls()).toEqual([HEAD_TAG]);
  });
});

describe("the stores of a tag and its manifest", () => {
  it.each(["here", "elsewhere"] as const)("[11] [G8] answer a new isolate %s", async (where) => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.restart(where);
    const answer = await mirror.get(TAG);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(answer.headers.get("content-type")).toBe(OCI_MANIFEST.mediaType);
    expect(answer.headers.get("cache-status")).toBe("sampan; hit");
    expect(mirror.calls()).toEqual([]);
  });

  it("[11] [12] answer the same data centre without KV, which is read for the token only", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.restart();
    await mirror.get(TAG);
    expect(mirror.kv.read()).toEqual(["token"]);
  });

  it("[11] have the date of the last check, even if KV has an older one", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.clock.advance(100);
    await mirror.get(TAG);
    mirror.clock.advance(50);
    mirror.restart();
    mirror.calls();
    await mirror.get(TAG);
    expect(mirror.calls()).toEqual([]);
    mirror.restart("elsewhere");
    await mirror.get(TAG);
    expect(mirror.calls()).toEqual(["registry GET /v2/", HEAD_TAG]);
  });

  it("[11] [12] include KV, with one write for manifest, tag and token", async () => {
    const mirror = createStocked();
    await mirror.get(TAG);
    expect(mirror.kv.written()).toEqual(["manifest", "tag", "token"]);
    mirror.kv.reset();
    for (const where of ["here", "elsewhere", "here"] as const) {
      mirror.restart(where);
      mirror.clock.advance(60);
      await mirror.get(TAG);
    }
    expect(mirror.kv.written()).toEqual([]);
  });

  it("[12] include KV, with new writes when the digest changes", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    mirror.clock.advance(60);
    await mirror.get(TAG);
    expect(mirror.kv.written()).toEqual(["manifest", "tag"]);
  });

  it("[12] include KV, without a write for every check if STALE_TTL_SECONDS = 0", async () => {
    const mirror = createStocked({ env: { STALE_TTL_SECONDS: 0 } });
    await mirror.warm(TAG);
    for (let minutes = 0; minutes < 5; minutes++) {
      mirror.clock.advance(60);
      await mirror.get(TAG);
    }
    expect(mirror.hub.count({ method: "HEAD" })).toBe(6);
    expect(mirror.kv.written()).toEqual([]);
  });
});

describe("a tag that has moved to an unavailable manifest", () => {
  it("[34] [G8] is answered with the older manifest", async () => {
    const mirror = await createMoved();
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(answer.headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
    expect(answer.headers.get("warning")).toContain("pull quota is used up");
    expect(answer.headers.get("cache-status")).toBe("sampan; fwd=stale; detail=stale");
    expect(mirror.calls()).toEqual([HEAD_TAG, GET_NEXT]);
  });

  it("[34] [35] [36] is answered so again, while a HEAD checks the tag and no GET is repeated", async () => {
    const mirror = await createMoved();
    await mirror.get(TAG);
    mirror.calls();
    const answer = await mirror.get(TAG);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(answer.headers.get("cache-status")).toBe("sampan; hit; detail=stale");
    expect(mirror.calls()).toEqual([HEAD_TAG]);
  });

  it("[34] [36] is answered with the new manifest after a check in the background", async () => {
    const mirror = await createMoved();
    await mirror.get(TAG);
    mirror.hub.become("serving");
    mirror.clock.advance(10);
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    const answer = await mirror.get(TAG);
    expect(answer.text).toBe(OCI_NEXT.text);
    expect(answer.headers.get("warning")).toBeNull();
  });

  it("[34] is answered without a warning after it moved back", async () => {
    const mirror = await createMoved();
    await mirror.get(TAG);
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
    mirror.clock.advance(60);
    const answer = await mirror.get(TAG);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(answer.headers.get("warning")).toBeNull();
  });

  it("[18] is an error if the new manifest has wrong bytes", async () => {
    const mirror = await createMoved();
    mirror.hub.become("serving");
    mirror.hub.intercept(
      when({ method: "GET", path: /\/manifests\// }, () => new Response(OCI_LAST.bytes)),
    );
    expect((await mirror.get(TAG)).status).toBe(502);
  });

  it("[35] is 429 if the older manifest is not cached any more", async () => {
    const mirror = await createMoved();
    await mirror.kv.overwrite("manifest", OCI_LAST.bytes);
    mirror.restart("elsewhere");
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(429);
    expect(answer.error?.code).toBe("TOOMANYREQUESTS");
  });
});

describe("a tag that leads to a new manifest", () => {
  /** The tag was pulled a minute ago, and has moved since. */
  async function createMovedTag(options: MirrorOptions = {}): Promise<Mirror> {
    const mirror = createStocked(options);
    await mirror.warm(TAG);
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    mirror.clock.advance(60);
    return mirror;
  }

  /** HEAD and GET answer with the older manifest and a warning. */
  async function expectOlder(mirror: Mirror): Promise<void> {
    for (const ask of [mirror.head, mirror.get]) {
      const answer = await ask(TAG);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
      expect(answer.headers.get("content-length")).toBe("399");
      expect(answer.headers.get("warning")).toMatch(/^299 - "[^"]+"$/);
      expect(answer.headers.get("cache-status")).toContain("detail=stale");
      if (ask === mirror.get) expect(answer.text).toBe(OCI_MANIFEST.text);
    }
  }

  it("[12a] is announced by HEAD after its manifest was fetched, which the next GET does not repeat", async () => {
    const mirror = await createMovedTag();
    const head = await mirror.head(TAG);
    expect(head.headers.get("docker-content-digest")).toBe(OCI_NEXT.digest);
    expect(head.headers.get("content-length")).toBe("429");
    expect(head.headers.get("warning")).toBeNull();
    expect(mirror.calls()).toEqual([HEAD_TAG, GET_NEXT]);
    expect((await mirror.get(TAG)).text).toBe(OCI_NEXT.text);
    const byDigest = await mirror.get(`/v2/busybox/manifests/${OCI_NEXT.digest}`);
    expect(byDigest.text).toBe(OCI_NEXT.text);
    expect(mirror.calls()).toEqual([]);
    expect(mirror.hub.pulls()).toBe(2);
  });

  it("[12a] is fetched once by many HEADs at the same time", async () => {
    const mirror = await createMovedTag();
    const heads = await Promise.all(Array.from({ length: 10 }, () => mirror.head(TAG)));
    for (const { headers } of heads) {
      expect(headers.get("docker-content-digest")).toBe(OCI_NEXT.digest);
    }
    expect(mirror.calls()).toEqual([HEAD_TAG, GET_NEXT]);
  });

  it.each([
    ["429", () => status(429)],
    ["500", () => status(500)],
    ["503", () => status(503)],
    ["a broken connection", () => "reset" as const],
  ])(
    "[12a] [34] [36] is answered with the older manifest if the new one fails with %s",
    async (_, fault) => {
      const mirror = await createMovedTag();
      mirror.hub.intercept(when({ method: "GET", path: /\/manifests\// }, fault));
      await expectOlder(mirror);
      mirror.hub.intercept(null);
      mirror.clock.advance(60);
      const answer = await mirror.get(TAG);
      expect([answer.text, answer.headers.get("warning")]).toEqual([OCI_NEXT.text, null]);
    },
  );

  it.each(["HEAD", "GET"])(
    "[12a] [36] is answered with the older manifest if the new one times out: %s",
    async (method) => {
      const mirror = await createMovedTag();
      const filter = { method: "GET", path: /\/manifests\// };
      mirror.hub.intercept(when(filter, () => "hang"));
      const hanging = mirror.hub.waitFor(filter);
      const sending = mirror.send(TAG, { method });
      await hanging;
      mirror.clock.advance(10);
      const answer = await read(method, await sending);
      await mirror.settle();
      expect(answer.status).toBe(200);
      expect(answer.headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
      expect(answer.headers.get("warning")).toMatch(/^299 - "/);
    },
  );

  it.each(["here", "elsewhere"] as const)(
    "[12a] [34] is answered with the older manifest in a new isolate %s, however often it moves",
    async (where) => {
      const mirror = await createMovedTag();
      mirror.hub.become("exhausted");
      await expectOlder(mirror);
      mirror.hub.push("library/busybox", "1.36", imageOf(OCI_LAST));
      mirror.restart(where);
      mirror.clock.advance(3_600);
      await expectOlder(mirror);
    },
  );

  it("[12a] is announced by HEAD alone if no older manifest is cached", async () => {
    const mirror = createStocked();
    await mirror.head(TAG);
    mirror.calls();
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    mirror.clock.advance(60);
    const head = await mirror.head(TAG);
    expect(head.headers.get("docker-content-digest")).toBe(OCI_NEXT.digest);
    expect(mirror.calls()).toEqual([HEAD_TAG]);
    expect(mirror.hub.pulls()).toBe(0);
  });

  it("[12a] is announced without a pull if its manifest is cached from another tag", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.hub.push("library/busybox", "1.38", imageOf(OCI_NEXT));
    await mirror.warm("/v2/busybox/manifests/1.38");
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    mirror.hub.become("exhausted");
    mirror.clock.advance(60);
    for (const ask of [mirror.head, mirror.get]) {
      const answer = await ask(TAG);
      expect(answer.headers.get("docker-content-digest")).toBe(OCI_NEXT.digest);
      expect(answer.headers.get("warning")).toBeNull();
    }
    expect(mirror.calls()).toEqual([HEAD_TAG]);
  });

  it("[12a] [36] is not answered with the older manifest for longer than STALE_TTL_SECONDS", async () => {
    const mirror = await createMovedTag({ env: { STALE_TTL_SECONDS: 3_600 } });
    mirror.hub.become("exhausted");
    mirror.clock.advance(3_600 - 120);
    await expectOlder(mirror);
    mirror.clock.advance(121);
    expect((await mirror.get(TAG)).status).toBe(429);
  });
});
