import { describe, expect, it } from "vitest";
import { imageOf, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import type { HubFilter } from "../support/hub.ts";
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
const BY_DIGEST = `/v2/busybox/manifests/${OCI_MANIFEST.digest}`;
const HEAD_TAG = "registry HEAD /v2/library/busybox/manifests/1.36";
const GET_DIGEST = `registry GET /v2/library/busybox/manifests/${OCI_MANIFEST.digest}`;
const COLD = [...HANDSHAKE, HEAD_TAG, GET_DIGEST];

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror(options);
  for (const tag of ["1.36", "1.37", "1.38"]) {
    mirror.hub.push("library/busybox", tag, imageOf(OCI_MANIFEST));
  }
  return mirror;
}

function twenty<T>(ask: () => Promise<T>): Promise<T>[] {
  return Array.from({ length: 20 }, ask);
}

/** The first request of a kind never settles, as when the platform ends an invocation. */
function createAbandoned(filter: HubFilter) {
  const { promise: isAbandoned, resolve } = Promise.withResolvers<void>();
  const never = Promise.withResolvers<Response>();
  let left = 1;
  const mirror = createStocked({
    // The timers of an invocation end with it.
    startTimer(ms, fire) {
      const isOfFirst = left > 0;
      return mirror.clock.startTimer(ms, () => {
        if (!isOfFirst || left > 0) fire();
      });
    },
    network: (hub) => async (input, init) => {
      const before = mirror.hub.count(filter);
      const response = await hub(input as string, init);
      if (mirror.hub.count(filter) === before || left === 0) return response;
      left -= 1;
      resolve();
      return never.promise;
    },
  });
  async function end(): Promise<void> {
    never.reject(new Error("the test is over"));
    await mirror.settle();
  }
  return { mirror, isAbandoned, end };
}

describe("twenty requests at once", () => {
  it.each([
    ["tag", TAG, COLD],
    ["digest", BY_DIGEST, [...HANDSHAKE, GET_DIGEST]],
  ])("[12] make one upstream request of each kind, by %s", async (_, path, calls) => {
    const mirror = createStocked();
    const answers = await Promise.all(twenty(() => mirror.get(path)));
    for (const answer of answers) expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls()).toEqual(calls);
    expect(mirror.hub.pulls()).toBe(1);
  });

  it.each([TAG, BY_DIGEST])(
    "[16a] [G8] report in Cache-Status which one fetched: %s",
    async (path) => {
      const mirror = createStocked();
      const answers = await Promise.all(twenty(() => mirror.get(path)));
      const statuses = answers.map(({ headers }) => headers.get("cache-status")).sort();
      const collapsed = Array(19).fill("sampan; fwd=miss; collapsed");
      expect(statuses).toEqual(["sampan; fwd=miss", ...collapsed]);
      const logged = mirror.log.map(({ fields }) => fields.cache).sort();
      expect(logged).toEqual(statuses);
    },
  );

  it("[12] by HEAD make one upstream HEAD", async () => {
    const mirror = createStocked();
    const answers = await Promise.all(twenty(() => mirror.head(TAG)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(200));
    expect(mirror.calls()).toEqual([...HANDSHAKE, HEAD_TAG]);
  });

  it("[12] after TAG_TTL_SECONDS make one HEAD", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.clock.advance(60);
    await Promise.all(twenty(() => mirror.get(TAG)));
    expect(mirror.calls()).toEqual([HEAD_TAG]);
  });

  it("[12] [29] for several tags share the token", async () => {
    const mirror = createStocked();
    const tags = ["1.36", "1.37", "1.38"];
    await Promise.all(tags.map((tag) => mirror.get(`/v2/busybox/manifests/${tag}`)));
    expect(mirror.hub.count({ path: /^\/v2\/$/ })).toBe(1);
    expect(mirror.hub.count({ host: "auth" })).toBe(1);
    expect(mirror.hub.count({ method: "HEAD" })).toBe(3);
    expect(mirror.hub.pulls()).toBe(1);
  });

  it("[29] renew a rejected token once", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.clock.advance(60);
    const old = mirror.hub.requests.at(-1)?.headers.get("authorization");
    mirror.hub.intercept(({ path, headers }) =>
      path.includes("/tags/") && headers.get("authorization") === old ? status(401) : undefined,
    );
    const answers = await Promise.all(twenty(() => mirror.get("/v2/busybox/tags/list")));
    expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(200));
    expect(mirror.hub.count({ host: "auth" })).toBe(2);
  });

  it("[35] share a refusal", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ method: "HEAD" }, () => status(429)));
    const answers = await Promise.all(twenty(() => mirror.get(TAG)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(429));
    expect(mirror.calls()).toEqual([...HANDSHAKE, HEAD_TAG]);
  });

  it("[37] share a failure, and the next request tries again", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ method: "HEAD" }, () => status(500)));
    const answers = await Promise.all(twenty(() => mirror.get(TAG)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(502));
    expect(mirror.hub.count({ method: "HEAD" })).toBe(1);
    mirror.hub.intercept(null);
    expect((await mirror.get(TAG)).status).toBe(200);
  });

  it("[12] write KV once", async () => {
    const mirror = createStocked();
    await Promise.all(twenty(() => mirror.get(TAG)));
    expect(mirror.kv.written()).toEqual(["manifest", "tag", "token"]);
  });
});

describe("requests that wait for one that never settles", () => {
  it.each([
    ["token", { host: "auth" }, ["auth GET /token"]],
    ["HEAD", { method: "HEAD" }, [HEAD_TAG]],
    ["GET", { path: /manifests\/sha256/ }, [GET_DIGEST]],
    ["challenge", { path: /^\/v2\/$/ }, ["registry GET /v2/"]],
  ] as const)("[12] [G5] are answered after one more %s", async (_, filter, more) => {
    const { mirror, isAbandoned, end } = createAbandoned(filter);
    void mirror.send(TAG);
    await isAbandoned;
    const asked = twenty(() => mirror.send(TAG));
    const waited = await passTime(mirror, asked);
    for (const answer of await readAll(asked)) expect(answer.text).toBe(OCI_MANIFEST.text);
    const calls = mirror.calls();
    await end();
    expect(calls.sort()).toEqual([...COLD, ...more].sort());
    expect(waited).toBeLessThanOrEqual(11);
  });
});

/** Longer than any single request upstream may take. */
const PATIENCE_SECONDS = 11;

/** Lets time pass whenever all are waiting for one another. @returns how many seconds it took. */
async function passTime(mirror: Mirror, asked: readonly Promise<Response>[]): Promise<number> {
  let isAnswered = false;
  const all = Promise.all(asked).then(() => {
    isAnswered = true;
  });
  for (let seconds = 0; ; seconds += PATIENCE_SECONDS) {
    await Promise.race([all, mirror.clock.whenRunning(asked.length, PATIENCE_SECONDS)]);
    if (isAnswered) return seconds;
    mirror.clock.advance(PATIENCE_SECONDS);
  }
}

function readAll(asked: readonly Promise<Response>[]): Promise<Answer[]> {
  return Promise.all(asked.map(async (response) => read("GET", await response)));
}
