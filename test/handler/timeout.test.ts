import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { either, when } from "../support/hub/faults.ts";
import type { HubFilter } from "../support/hub.ts";
import {
  type Answer,
  type Mirror,
  type MirrorOptions,
  read,
  useMirrors,
} from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const BY_DIGEST = `/v2/busybox/manifests/${OCI_MANIFEST.digest}`;
const BLOB = `/v2/busybox/blobs/${LAYER.digest}`;
const HEAD_TAG = "registry HEAD /v2/library/busybox/manifests/1.36";

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror(options);
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

/** Asks for what hangs, and lets 10 seconds pass as soon as it does. */
async function getHanging(mirror: Mirror, path: string, filter: HubFilter): Promise<Answer> {
  const hanging = mirror.hub.waitFor(filter);
  const asked = mirror.send(path);
  await hanging;
  mirror.clock.advance(10);
  const answer = await read("GET", await asked);
  await mirror.settle();
  return answer;
}

describe("a hanging upstream", () => {
  it.each([
    ["the challenge", TAG, { path: /^\/v2\/$/ }, "registry-1.docker.io"],
    ["the token", TAG, { host: "auth" }, "auth.docker.io"],
    ["HEAD by tag", TAG, { method: "HEAD" }, "registry-1.docker.io"],
    ["GET by digest", TAG, { path: /manifests\/sha256/ }, "registry-1.docker.io"],
    ["a blob", BLOB, { path: /\/blobs\/sha256:/ }, "registry-1.docker.io"],
    ["the storage", BLOB, { host: "storage" }, "production.cloudfront.docker.com"],
    ["tags", "/v2/busybox/tags/list", { path: /tags/ }, "registry-1.docker.io"],
  ] as const)("[G5] [37] is given up after 10 seconds: %s", async (_, path, filter, host) => {
    const mirror = createStocked();
    mirror.hub.intercept(when(filter, () => "hang"));
    const answer = await getHanging(mirror, path, filter);
    expect(answer.status).toBe(504);
    expect(answer.error).toMatchObject({
      code: "UNAVAILABLE",
      message: `library/busybox: ${host} did not answer within 10 s; try again`,
    });
    expect(mirror.hub.count(filter)).toBe(1);
  });

  it("[G5] is given up after UPSTREAM_TIMEOUT_SECONDS, and not earlier", async () => {
    const mirror = createStocked({ env: { UPSTREAM_TIMEOUT_SECONDS: 3 } });
    mirror.hub.intercept(when({ path: /^\/v2\/$/ }, () => "hang"));
    let isAnswered = false;
    const asked = mirror.send(TAG).finally(() => {
      isAnswered = true;
    });
    await mirror.clock.whenRunning(1);
    mirror.clock.advance(2.9);
    await mirror.send("/v2/");
    expect(isAnswered).toBe(false);
    mirror.clock.advance(0.1);
    expect((await asked).status).toBe(504);
    await mirror.settle();
  });

  it("[G5] [G5a] has one deadline for both attempts", async () => {
    const mirror = createStocked();
    const filter = { path: /^\/v2\/$/ };
    let tries = 0;
    mirror.hub.intercept(
      when(filter, () => {
        tries += 1;
        if (tries > 1) return "hang";
        mirror.clock.advance(9);
        return "reset";
      }),
    );
    const asked = mirror.send(TAG);
    await mirror.hub.waitFor(filter);
    await mirror.hub.waitFor(filter);
    mirror.clock.advance(1);
    expect((await asked).status).toBe(504);
    await mirror.settle();
    expect(mirror.hub.count(filter)).toBe(2);
  });

  it("[36] [G5] is given up after 10 seconds, and the last manifest answers", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.clock.advance(60);
    mirror.hub.intercept(when({ method: "HEAD" }, () => "hang"));
    const answer = await getHanging(mirror, TAG, { method: "HEAD" });
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(answer.headers.get("warning")).toContain("did not answer within 10 s");
    expect(answer.headers.get("cache-status")).toBe("sampan; fwd=stale; detail=stale");
    expect(mirror.calls()).toEqual([HEAD_TAG]);
  });

  it("[G5] [37] is given up in the middle of a manifest", async () => {
    const mirror = createStocked();
    const reading = Promise.withResolvers<void>();
    const pull = () => {
      reading.resolve();
      return new Promise<void>(() => {});
    };
    const endless = new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
    mirror.hub.intercept(when({ path: /manifests\/sha256/ }, () => endless));
    const asked = mirror.send(TAG);
    await reading.promise;
    mirror.clock.advance(10);
    expect((await asked).status).toBe(504);
    await mirror.settle();
  });

  it("[35] gets a second for the text of a 429, which only improves the message", async () => {
    const mirror = createStocked();
    const reading = Promise.withResolvers<void>();
    const pull = () => {
      reading.resolve();
      return new Promise<void>(() => {});
    };
    const body = new ReadableStream({ pull }, { highWaterMark: 0 });
    const refusal = new Response(body, { status: 429 });
    mirror.hub.intercept(when({ path: /manifests\/sha256/ }, () => refusal));
    const asked = mirror.send(TAG);
    await reading.promise;
    mirror.clock.advance(1);
    expect((await asked).status).toBe(429);
    await mirror.settle();
  });

  it("[G5] leaves no timer when it answers", async () => {
    const mirror = createStocked();
    await mirror.get(TAG);
    await mirror.get(BLOB);
    let isRunning = false;
    void mirror.clock.whenRunning(1).then(() => {
      isRunning = true;
    });
    await mirror.get("/v2/");
    expect(isRunning).toBe(false);
  });
});

describe("one client request", () => {
  const SLOW = { host: "auth" } as const;

  it.each([
    ["HEAD", { method: "HEAD" }],
    ["GET", { path: /manifests\/sha256/ }],
  ] as const)("[G5] waits for 10 seconds in all, for a token and %s", async (_, filter) => {
    const mirror = createStocked();
    const slow = when(SLOW, (next) => {
      mirror.clock.advance(7);
      return next();
    });
    mirror.hub.intercept(
      either(
        slow,
        when(filter, () => "hang"),
      ),
    );
    const hanging = mirror.hub.waitFor(filter);
    const asked = mirror.send(TAG);
    await hanging;
    mirror.clock.advance(3);
    expect((await asked).status).toBe(504);
    await mirror.settle();
  });

  it("[G5] waits for 10 seconds in all, for a token and the body of a manifest", async () => {
    const mirror = createStocked();
    const reading = Promise.withResolvers<void>();
    const pull = () => {
      reading.resolve();
      return new Promise<void>(() => {});
    };
    const endless = new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
    const slow = when(SLOW, (next) => {
      mirror.clock.advance(7);
      return next();
    });
    mirror.hub.intercept(
      either(
        slow,
        when({ path: /manifests\/sha256/ }, () => endless),
      ),
    );
    const asked = mirror.send(TAG);
    await reading.promise;
    mirror.clock.advance(3);
    expect((await asked).status).toBe(504);
    await mirror.settle();
  });
});

describe("requests that wait for another one's work", () => {
  it("[G5] [12] do not begin anew while it lasts: KV hangs for 2 seconds, then the token service for 10", async () => {
    const reads = { token: Promise.withResolvers<void>(), manifest: Promise.withResolvers<void>() };
    let hangs = false;
    const kv = {
      async getWithMetadata(key: string) {
        if (!hangs) return { value: null, metadata: null };
        reads[key.split("/")[1] as keyof typeof reads].resolve();
        return new Promise<never>(() => {});
      },
      put: async () => {},
    };
    const mirror = createStocked({ bindings: { CACHE: kv } });
    mirror.hub.push("grafana/grafana", "1", imageOf(OCI_MANIFEST));
    await mirror.warm("/v2/grafana/grafana/manifests/1");
    hangs = true;
    mirror.hub.intercept(when({ host: "auth" }, () => "hang"));
    const first = mirror.send(BLOB);
    await reads.token.promise;
    const second = mirror.send(BY_DIGEST);
    await reads.manifest.promise;
    const isAsked = mirror.hub.waitFor({ host: "auth" });
    mirror.clock.advance(2);
    await isAsked;
    await mirror.clock.whenRunning(2);
    mirror.clock.advance(9);
    await mirror.send("/v2/");
    mirror.clock.advance(1);
    expect((await first).status).toBe(504);
    expect((await second).status).toBe(504);
    await mirror.settle();
    expect(mirror.calls()).toEqual(["auth GET /token"]);
  });

  it("[G5] wait for 10 seconds in all, for a HEAD of another one and a manifest", async () => {
    const mirror = createStocked();
    const head = Promise.withResolvers<void>();
    mirror.hub.intercept(
      either(
        when({ method: "HEAD" }, async (next) => {
          await head.promise;
          return next();
        }),
        when({ path: /manifests\/sha256/ }, () => "hang"),
      ),
    );
    const isHeading = mirror.hub.waitFor({ method: "HEAD" });
    const first = mirror.send(TAG, { method: "HEAD" });
    const second = mirror.send(TAG);
    await isHeading;
    mirror.clock.advance(7);
    const isGetting = mirror.hub.waitFor({ path: /manifests\/sha256/ });
    head.resolve();
    await isGetting;
    expect((await first).status).toBe(200);
    mirror.clock.advance(3);
    expect((await second).status).toBe(504);
    await mirror.settle();
  });
});

describe("a timeout", () => {
  it.each([
    ["a tag", TAG, { method: "HEAD" }],
    ["a digest", BY_DIGEST, { path: /manifests\/sha256/ }],
    ["a blob", BLOB, { host: "storage" }],
    ["the tags of a repository", "/v2/busybox/tags/list", { path: /tags/ }],
    ["referrers", `/v2/busybox/referrers/${OCI_MANIFEST.digest}`, { path: /referrers/ }],
  ] as const)("[35] is remembered for 5 seconds: %s", async (_, path, filter) => {
    const mirror = createStocked();
    mirror.hub.intercept(when(filter, () => "hang"));
    expect((await getHanging(mirror, path, filter)).status).toBe(504);
    mirror.hub.intercept(null);
    mirror.calls();
    for (const seconds of [0, 4.9]) {
      mirror.clock.advance(seconds);
      expect((await mirror.get(path)).status).toBe(504);
    }
    expect(mirror.calls()).toEqual([]);
    mirror.clock.advance(0.1);
    expect((await mirror.get(path)).status).toBe(200);
  });
});

describe("an upstream that keeps hanging", () => {
  const MANIFEST = { host: "registry", path: /\/manifests\// } as const;
  const TAGS = ["a", "b", "c", "d", "e"];

  /** A mirror with a tag that was pulled before these five requests wait in vain. */
  async function createHanging(paths: readonly string[], filter: HubFilter): Promise<Mirror> {
    const mirror = createStocked();
    mirror.hub.push("library/busybox", "1.37", imageOf(OCI_MANIFEST));
    mirror.hub.push("library/alpine", "3", imageOf(OCI_MANIFEST));
    await mirror.warm(TAG);
    mirror.clock.advance(20);
    mirror.hub.intercept(when(filter, () => "hang"));
    for (const path of paths) {
      expect((await getHanging(mirror, path, filter)).status).toBe(504);
    }
    mirror.calls();
    return mirror;
  }

  function createResting(): Promise<Mirror> {
    const images = ["busybox", "busybox", "busybox", "busybox", "alpine"];
    const paths = images.map((image, index) => `/v2/${image}/manifests/${TAGS[index]}`);
    return createHanging(paths, MANIFEST);
  }

  it("[37] is not asked for 2 seconds after five timeouts of two repositories", async () => {
    const mirror = await createResting();
    const answer = await mirror.get("/v2/busybox/manifests/1.37");
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("2");
    expect(answer.error?.code).toBe("UNAVAILABLE");
    expect((await mirror.head(BLOB)).status).toBe(503);
    expect((await mirror.get("/v2/busybox/tags/list")).status).toBe(503);
    expect(mirror.calls()).toEqual([]);
  });

  it.each([
    ["manifests of one repository", TAGS.map((tag) => `/v2/busybox/manifests/${tag}`), MANIFEST],
    [
      "lists of two repositories",
      ["busybox", "alpine", "busybox", "alpine", "busybox"].map((name) => `/v2/${name}/tags/list`),
      { host: "registry", path: /\/tags\// },
    ],
  ] as const)("[37] is asked further after five timeouts for %s", async (_, paths, filter) => {
    const mirror = await createHanging(paths, filter);
    mirror.hub.intercept(null);
    expect((await mirror.get("/v2/busybox/manifests/1.37")).status).toBe(200);
  });

  it("[36] [37] does not delay cached tags", async () => {
    const mirror = await createResting();
    const answer = await mirror.get(TAG);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(answer.headers.get("warning")).toMatch(/^299 - "/);
    expect(answer.headers.get("cache-status")).toBe("sampan; hit; detail=stale");
    expect(mirror.calls()).toEqual([]);
  });

  it("[37] is asked by one request after 2 seconds, and again by all when that is answered", async () => {
    const mirror = await createResting();
    mirror.clock.advance(2);
    const hanging = mirror.hub.waitFor(MANIFEST);
    const trying = mirror.send("/v2/busybox/manifests/f");
    await hanging;
    expect((await mirror.send("/v2/busybox/manifests/1.37")).status).toBe(503);
    expect(mirror.calls()).toEqual(["registry HEAD /v2/library/busybox/manifests/f"]);
    mirror.clock.advance(10);
    expect((await trying).status).toBe(504);
    await mirror.settle();
    mirror.hub.intercept(null);
    expect((await mirror.get("/v2/busybox/manifests/1.37")).status).toBe(503);
    mirror.clock.advance(2);
    expect((await mirror.get("/v2/busybox/manifests/1.37")).status).toBe(200);
    expect((await mirror.get("/v2/alpine/manifests/3")).status).toBe(200);
  });
});
