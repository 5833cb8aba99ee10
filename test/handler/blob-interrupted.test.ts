import { describe, expect, it } from "vitest";
import { COUNTED_BLOB, LAYER } from "../support/contents.ts";
import { breakAfter, createGate, when } from "../support/hub/faults.ts";
import type { Mirror } from "../support/mirror/in-process.ts";
import { LARGE_PATH, SMALL_PATH, useArchiveMirrors } from "../support/mirror/scenarios.ts";

const createMirror = useArchiveMirrors();
const LARGE = {
  event: "blob interrupted",
  fields: {
    registry: "docker.io",
    image: `library/busybox@${COUNTED_BLOB.digest}`,
    size: 1_500_000,
    ms: 0,
    reason: "the upstream broke off",
  },
};
const SMALL = {
  image: `library/busybox@${LAYER.digest}`,
  size: LAYER.bytes.length,
};

function interruptions({ log }: Mirror) {
  return log.filter(({ event }) => event === "blob interrupted");
}

/** Reads a blob to its end, however that is. */
async function readAll(mirror: Mirror, path: string, headers: HeadersInit = {}): Promise<number> {
  const response = await mirror.send(path, { headers });
  await response.arrayBuffer().catch(() => null);
  await mirror.settle();
  return response.status;
}

describe("a blob whose upstream breaks off after the headers", () => {
  it("[B8] writes one line to the log", async () => {
    const mirror = createMirror();
    mirror.hub.intercept(
      when({ host: "storage" }, async (next) => breakAfter(await next(), 700_000)),
    );
    expect(await readAll(mirror, LARGE_PATH)).toBe(200);
    expect(interruptions(mirror)).toEqual([LARGE]);
  });

  it("[B8] writes the line if no layer is stored, and for a resumed download", async () => {
    const mirror = createMirror({ env: { BLOB_MAX_BYTES: "0" } });
    mirror.hub.intercept(when({ host: "storage" }, async (next) => breakAfter(await next(), 1000)));
    expect(await readAll(mirror, LARGE_PATH)).toBe(200);
    expect(await readAll(mirror, LARGE_PATH, { range: "bytes=1000000-" })).toBe(206);
    const rest = { ...LARGE, fields: { ...LARGE.fields, size: 500_000 } };
    expect(interruptions(mirror)).toEqual([LARGE, rest]);
  });

  it("[B8] writes the line for a small blob", async () => {
    const mirror = createMirror();
    mirror.hub.intercept(when({ host: "storage" }, async (next) => breakAfter(await next(), 10)));
    expect(await readAll(mirror, SMALL_PATH)).toBe(200);
    const fields = { ...LARGE.fields, ...SMALL };
    expect(interruptions(mirror)).toEqual([{ ...LARGE, fields }]);
  });
});

it("[B8] a client that disconnects is named in the log", async () => {
  const mirror = createMirror();
  const gate = createGate();
  mirror.hub.intercept(when({ host: "storage" }, async (next) => gate.through(await next())));
  const client = new AbortController();
  const response = await mirror.send(LARGE_PATH, { signal: client.signal });
  await gate.reached(1);
  client.abort();
  await response.body?.cancel();
  gate.open();
  await mirror.settle();
  const fields = { ...LARGE.fields, reason: "the client disconnected" };
  expect(interruptions(mirror)).toEqual([{ ...LARGE, fields }]);
});

it("[B8] a complete blob writes no such line", async () => {
  const mirror = createMirror();
  for (const path of [LARGE_PATH, SMALL_PATH]) expect(await readAll(mirror, path)).toBe(200);
  expect(interruptions(mirror)).toEqual([]);
});
