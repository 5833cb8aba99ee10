import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST, OCI_NEXT } from "../support/contents.ts";
import { breakAfter, once, when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import {
  type Answer,
  HANDSHAKE,
  type Mirror,
  type MirrorOptions,
  read,
  useMirrors,
} from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const HEAD_TAG = "registry HEAD /v2/library/busybox/manifests/1.36";
const GET_DIGEST = `registry GET /v2/library/busybox/manifests/${OCI_MANIFEST.digest}`;
const DAY_SECONDS = 86_400;

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror(options);
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

function expectStale(answer: Answer, why: string): void {
  expect(answer.status).toBe(200);
  expect(answer.text).toBe(OCI_MANIFEST.text);
  expect(answer.headers.get("warning")).toMatch(/^299 - "[^"\\]+"$/);
  expect(answer.headers.get("warning")).toContain(why);
  expect(answer.headers.get("cache-status")).toBe("sampan; fwd=stale; detail=stale");
}

describe("a failing upstream, for a tag that was pulled before,", () => {
  it.each([500, 502, 503, 504, 520, 408])(
    "[36] [G8] leaves the last manifest: status %i",
    async (code) => {
      const mirror = createStocked();
      await mirror.warm(TAG);
      mirror.clock.advance(60);
      mirror.hub.intercept(when({ method: "HEAD" }, () => status(code)));
      expectStale(await mirror.get(TAG), `status ${code}`);
      const head = await mirror.head(TAG);
      expect(head.headers.get("content-length")).toBe("399");
      expect(head.headers.get("warning")).toContain(`status ${code}`);
      expect(mirror.calls()).toEqual([HEAD_TAG, HEAD_TAG]);
    },
  );

  it("[36] leaves the last manifest: no connection", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.clock.advance(60);
    mirror.hub.become("gone");
    expectStale(await mirror.get(TAG), "cannot be reached");
  });

  it.each([500, 404, 200])("[36] leaves the last manifest: token service with %i", async (code) => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.clock.advance(300);
    mirror.hub.intercept(when({ host: "auth" }, () => status(code)));
    expectStale(await mirror.get(TAG), "auth.docker.io answered");
    expect(mirror.hub.count({ method: "HEAD" })).toBe(1);
  });

  it.each(["here", "elsewhere"] as const)(
    "[36] leaves the last manifest in a new isolate %s",
    async (where) => {
      const mirror = createStocked();
      await mirror.warm(TAG);
      mirror.hub.become("gone");
      mirror.clock.advance(DAY_SECONDS);
      mirror.restart(where);
      expectStale(await mirror.get(TAG), "cannot be reached");
    },
  );

  it("[36] leaves the last manifest for 30 days", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.hub.become("gone");
    mirror.clock.advance(30 * DAY_SECONDS - 1);
    expectStale(await mirror.get(TAG), "cannot be reached");
    mirror.clock.advance(1);
    expect((await mirror.get(TAG)).status).toBe(502);
  });

  it("[36] leaves the last manifest for STALE_TTL_SECONDS", async () => {
    const mirror = createStocked({ env: { STALE_TTL_SECONDS: 3600 } });
    await mirror.warm(TAG);
    mirror.hub.become("gone");
    mirror.clock.advance(3599);
    expect((await mirror.get(TAG)).status).toBe(200);
    mirror.clock.advance(1);
    expect((await mirror.get(TAG)).status).toBe(502);
  });

  it("[36] leaves nothing after TAG_TTL_SECONDS with STALE_TTL_SECONDS = 0", async () => {
    const mirror = createStocked({ env: { STALE_TTL_SECONDS: 0 } });
    await mirror.warm(TAG);
    mirror.hub.become("gone");
    mirror.clock.advance(59);
    expect((await mirror.get(TAG)).headers.get("cache-status")).toBe("sampan; hit");
    mirror.clock.advance(1);
    expect((await mirror.get(TAG)).status).toBe(502);
  });

  it("[36] leaves the last manifest by its last check, in every isolate", async () => {
    const mirror = createStocked({ hub: { tokenSeconds: 100 * DAY_SECONDS } });
    await mirror.warm(TAG);
    for (let days = 0; days < 40; days++) {
      mirror.clock.advance(DAY_SECONDS);
      await mirror.get(TAG);
    }
    mirror.hub.become("gone");
    mirror.clock.advance(20 * DAY_SECONDS);
    mirror.restart("elsewhere");
    expectStale(await mirror.get(TAG), "cannot be reached");
  });
});

describe("a tag whose check has just failed", () => {
  /** The tag is checked by a HEAD that is answered with 500. */
  async function createFailed(): Promise<Mirror> {
    const mirror = createStocked({ hub: { tokenSeconds: DAY_SECONDS } });
    await mirror.warm(TAG);
    mirror.clock.advance(60);
    mirror.hub.intercept(when({ method: "HEAD" }, () => status(500)));
    expectStale(await mirror.get(TAG), "status 500");
    mirror.calls();
    return mirror;
  }

  it.each([
    [29.9, "sampan; hit; detail=stale"],
    [30, "sampan; fwd=stale; detail=stale"],
  ])(
    "[36] [G8] is answered at once for 30 seconds: after %d s with %s",
    async (seconds, expected) => {
      const mirror = await createFailed();
      mirror.clock.advance(seconds);
      for (const ask of [mirror.get, mirror.head]) {
        const answer = await ask(TAG);
        expect(answer.headers.get("warning")).toContain("status 500");
        if (ask === mirror.get) expect(answer.headers.get("cache-status")).toBe(expected);
      }
      expect(mirror.calls()).toEqual([HEAD_TAG, HEAD_TAG]);
    },
  );

  it("[36] delays nobody while one request at a time checks it again", async () => {
    const mirror = await createFailed();
    mirror.hub.intercept(when({ method: "HEAD" }, () => "hang"));
    for (let times = 1; times <= 5; times++) {
      const answer = await read("GET", await mirror.send(TAG));
      expect(answer.text).toBe(OCI_MANIFEST.text);
      expect(answer.headers.get("cache-status")).toBe("sampan; hit; detail=stale");
    }
    await expect.poll(() => mirror.hub.count({ method: "HEAD" })).toBe(3);
    mirror.clock.advance(10);
    await mirror.settle();
    expect(mirror.calls()).toEqual([HEAD_TAG]);
  });

  it("[36] is answered without a warning once a check in the background has succeeded", async () => {
    const mirror = await createFailed();
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    mirror.hub.intercept(null);
    expect((await mirror.get(TAG)).headers.get("warning")).toContain("status 500");
    const answer = await mirror.get(TAG);
    expect(answer.text).toBe(OCI_NEXT.text);
    expect(answer.headers.get("warning")).toBeNull();
    expect(answer.headers.get("cache-status")).toBe("sampan; hit");
  });
});

describe("the last pull of a tag", () => {
  it.each([1, 3.9, 7, 14.9, 15, 22.4, 29.9])(
    "[36] counts for STALE_TTL_SECONDS, %d days after KV was written",
    async (days) => {
      const mirror = createStocked({ hub: { tokenSeconds: 100 * DAY_SECONDS } });
      await mirror.warm(TAG);
      mirror.clock.advance(days * DAY_SECONDS);
      expect((await mirror.get(TAG)).headers.get("warning")).toBeNull();
      mirror.hub.become("gone");
      mirror.clock.advance(30 * DAY_SECONDS - 60);
      mirror.restart("elsewhere");
      expectStale(await mirror.get(TAG), "cannot be reached");
    },
  );
});

describe("a failing upstream, for content that was never pulled,", () => {
  it.each([
    [TAG, { method: "HEAD" }],
    [`/v2/busybox/manifests/${OCI_MANIFEST.digest}`, { path: /\/manifests\// }],
    [`/v2/busybox/blobs/${LAYER.digest}`, { host: "storage" }],
    [`/v2/busybox/blobs/${LAYER.digest}`, { path: /\/blobs\// }],
    ["/v2/busybox/tags/list", { path: /\/tags\// }],
    [`/v2/busybox/referrers/${OCI_MANIFEST.digest}`, { path: /\/referrers\// }],
    [TAG, { path: /^\/v2\/$/ }],
    [TAG, { host: "auth" }],
  ] as const)("[37] is UNAVAILABLE: %s", async (path, filter) => {
    const mirror = createStocked();
    for (const fault of [() => status(503), () => "reset" as const]) {
      mirror.hub.intercept(when(filter, fault));
      const answer = await mirror.get(path);
      expect(answer.status).toBe(502);
      expect(answer.error?.code).toBe("UNAVAILABLE");
      expect(answer.error?.message).toContain("try again");
      expect((await mirror.head(path)).status).toBe(502);
    }
    mirror.hub.intercept(null);
    expect((await mirror.get(path)).status).toBe(200);
  });

  it("[37] is not remembered", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(once({ method: "HEAD" }, () => status(500)));
    expect((await mirror.get(TAG)).status).toBe(502);
    expect((await mirror.get(TAG)).status).toBe(200);
  });
});

describe("a connection that breaks before the first byte", () => {
  it.each([
    ["HEAD", { method: "HEAD" }, HEAD_TAG],
    ["GET", { path: /\/manifests\/sha256/ }, GET_DIGEST],
    ["the challenge", { path: /^\/v2\/$/ }, "registry GET /v2/"],
    ["the token", { host: "auth" }, "auth GET /token"],
  ] as const)("[G5a] is tried once more: %s", async (_, filter, call) => {
    const mirror = createStocked();
    mirror.hub.intercept(once(filter, () => "reset"));
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    const expected = [...HANDSHAKE, HEAD_TAG, GET_DIGEST];
    expect(mirror.calls()).toEqual(expected.flatMap((one) => (one === call ? [one, one] : [one])));
  });

  it("[G5a] is tried once more for the storage of a blob", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(once({ host: "storage" }, () => "reset"));
    expect((await mirror.get(`/v2/busybox/blobs/${LAYER.digest}`)).text).toBe(LAYER.text);
    expect(mirror.hub.count({ host: "storage" })).toBe(2);
  });

  it("[G5a] is not tried a third time", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ method: "HEAD" }, () => "reset"));
    expect((await mirror.get(TAG)).status).toBe(502);
    expect(mirror.calls()).toEqual([...HANDSHAKE, HEAD_TAG, HEAD_TAG]);
  });

  it("[G5a] [18b] is not the same as a body that breaks off, which is requested once more", async () => {
    const mirror = createStocked();
    const filter = { method: "GET", path: /\/manifests\// };
    mirror.hub.intercept(when(filter, async (next) => breakAfter(await next(), 100)));
    expect((await mirror.get(TAG)).status).toBe(502);
    expect(mirror.hub.count(filter)).toBe(2);
  });
});
