import { afterAll, beforeAll, expect, test } from "vitest";
import { type Mirror, startMirror } from "../../../bench/mirrors/mirror.ts";

const CODE = `
let turns = 0;
export default {
  async fetch(request, env, context) {
    turns += 1;
    const { pathname } = new URL(request.url);
    if (pathname === "/read") return new Response(await env.CACHE.get("a"));
    if (pathname === "/write") {
      await env.CACHE.put("b", "1");
      return new Response("");
    }
    if (pathname === "/time") return new Response(String(Date.now()));
    if (pathname === "/later") {
      context.waitUntil(scheduler.wait(50).then(() => env.CACHE.put("later", "1")));
      return new Response("");
    }
    await env.CACHE.put("a", "1");
    await env.CACHE.get("a");
    await env.CACHE.get(["a", "b", "c"]);
    await env.CACHE.getWithMetadata("a");
    await env.BLOBS.put("a", "1");
    await env.BLOBS.head("a");
    return new Response(await (await env.BLOBS.get("a")).text() + turns);
  },
};`;

let mirror: Mirror;

beforeAll(async () => {
  const bundle = { code: CODE, bytes: CODE.length, gzipBytes: 0 };
  mirror = await startMirror({ name: "mirror", bundle, hasBlobs: true });
});

afterAll(() => mirror.close());

test("what the Worker asks of KV and R2 is counted, each isolate for itself", async () => {
  const { near, far } = mirror;
  expect(await near.settle()).toEqual({ kvReads: 0, kvWrites: 0, r2Reads: 0, r2Writes: 0 });
  expect(await (await fetch(near.origin)).text()).toBe("11");
  expect(await near.settle()).toEqual({ kvReads: 5, kvWrites: 1, r2Reads: 2, r2Writes: 1 });
  expect(await far?.settle()).toEqual({ kvReads: 0, kvWrites: 0, r2Reads: 0, r2Writes: 0 });
});

test("what goes on after an answer is waited for", async () => {
  const before = await mirror.near.settle();
  await (await fetch(`${mirror.near.origin}/later`)).text();
  const after = await mirror.near.settle();
  expect((after?.kvWrites ?? 0) - (before?.kvWrites ?? 0)).toBe(1);
});

test("time passes for both isolates, and for the upstream", async () => {
  const { near, far, letPass } = mirror;
  const tell = async (origin = "") => Number(await (await fetch(`${origin}/time`)).text());
  await letPass?.(3_600_000);
  for (const origin of [near.origin, far?.origin]) {
    expect(Math.abs((await tell(origin)) - Date.now() - 3_600_000)).toBeLessThan(5_000);
  }
  const answer = await fetch(
    `${mirror.upstream.origins.auth}/token?service=registry.docker.io&scope=repository:a/b:pull`,
  );
  const { issued_at } = (await answer.json()) as { issued_at: string };
  expect(Math.abs(Date.parse(issued_at) - Date.now() - 3_600_000)).toBeLessThan(5_000);
});

test("reads of the stores can be slowed down, writes are not", async () => {
  const { near, slowStores } = mirror;
  const time = async (path: string) => {
    const start = performance.now();
    await (await fetch(near.origin + path)).text();
    return performance.now() - start;
  };
  await slowStores?.(40);
  // Three reads of KV and two of R2, one after the other.
  expect(await time("/")).toBeGreaterThan(5 * 40 - 10);
  // What waited for this would be ended by the test's own limit.
  await slowStores?.(3_600_000);
  await time("/write");
  await slowStores?.(0);
  await time("/read");
});

test.runIf(process.platform === "linux")("its process tells what it costs", async () => {
  expect(mirror.process?.peakBytes()).toBeGreaterThan(10 * 1024 * 1024);
  const before = mirror.process?.cpuMs();
  // Ended by the test's own limit, should it never grow.
  while (mirror.process?.cpuMs() === before) await fetch(mirror.near.origin);
  expect(mirror.process?.cpuMs()).toBeGreaterThan(before ?? Number.POSITIVE_INFINITY);
});
