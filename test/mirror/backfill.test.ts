import { expect, test } from "vitest";
import { startBackfill } from "../../src/mirror/backfill.ts";
import type { Target } from "../../src/mirror/target.ts";
import type { LogFields } from "../../src/platform/log.ts";
import type { Services } from "../../src/services.ts";
import { createFakePlatform, runMicrotasks } from "../platform/fake-platform.ts";
import { answer, createUpstream, DIGEST, NAME } from "../upstream/network.ts";

const SIZE = 1_000_000;

/** An isolate whose archive waits for the end of each download, which never comes. */
function createIsolate() {
  const clock = createFakePlatform();
  const lines: LogFields[] = [];
  const log = (event: string, fields: LogFields) => void lines.push({ event, ...fields });
  const signals: (AbortSignal | undefined)[] = [];
  const archive = {
    maxBytes: SIZE,
    size: async () => null,
    write: (_: unknown, __: unknown, ___: unknown, signal?: AbortSignal) => {
      signals.push(signal);
      return new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
    },
  };
  const backfills: Services["backfills"] = new Map();
  const respond = () => answer(200, { "content-length": String(SIZE) }, new ReadableStream());
  const { upstream } = createUpstream(respond);
  const registry = { name: "docker.io", id: upstream.id };
  const upstreams = [upstream] as const;
  const access = { archiveOf: () => archive, upstreamsOf: () => upstreams };
  const services = { platform: { ...clock, log }, backfills, ...access };
  const admit = async () => {};
  const target = { registry, upstreams, admit, name: NAME, partition: upstream.id };
  const start = () =>
    startBackfill(services as unknown as Services, target as unknown as Target, DIGEST, SIZE);
  return { start, clock, lines, signals };
}

test("a backfill is not started twice within five minutes", () => {
  const { start, clock } = createIsolate();
  expect(start()).not.toBeNull();
  clock.ms += 5 * 60_000;
  expect(start()).toBeNull();
  clock.ms += 1;
  expect(start()).not.toBeNull();
});

test("a cancelled backfill is logged and started again", async () => {
  const { start, clock, lines, signals } = createIsolate();
  const cancel = start();
  await runMicrotasks();
  expect(signals).toHaveLength(1);
  cancel?.();
  await clock.settle();
  expect(lines).toEqual([
    {
      event: "backfill failed",
      registry: "docker.io",
      image: `library/busybox@${DIGEST}`,
      size: SIZE,
      reason: "Error: the client disconnected",
    },
  ]);
  expect(start()).not.toBeNull();
});
