import { afterAll, beforeAll, expect, test } from "vitest";
import { dockerPull, pushNew, SMALL_MULTI } from "../../bench/client.ts";
import { type Mirror, startMirror } from "../../bench/mirrors.ts";
import { bundle, toBundle } from "../../bench/workerd.ts";
import { tally } from "../support/hub.ts";

/** Uses its bindings both ways: as an argument, and imported when the isolate starts. */
const WORKER = toBundle(`
import { env, waitUntil } from "cloudflare:workers";
const { CACHE } = env;
let requests = 0;
export default {
  async fetch(request, { BLOBS }, context) {
    requests += 1;
    const { pathname } = new URL(request.url);
    const writeLater = () => scheduler.wait(50).then(() => CACHE.put("later", "1"));
    if (pathname === "/read") return new Response(await CACHE.get("a"));
    if (pathname === "/write") return new Response(await CACHE.put("b", "1"));
    if (pathname === "/time") return new Response(String(Date.now()));
    if (pathname === "/later") return new Response(waitUntil(writeLater()));
    if (pathname === "/context") return new Response(context.waitUntil(writeLater()));
    await CACHE.put("a", "1");
    await CACHE.get("a");
    await CACHE.get(["a", "b", "c"]);
    await CACHE.getWithMetadata("a");
    await BLOBS.put("a", "1");
    await BLOBS.head("a");
    return new Response(await (await BLOBS.get("a")).text() + requests);
  },
};`);

let mirror: Mirror;
let passThrough: Mirror;

beforeAll(async () => {
  mirror = await startMirror("mirror", WORKER, true);
  const code = await bundle("bench/pass-through.ts");
  passThrough = await startMirror("pass-through", code, false);
});

afterAll(async () => {
  await mirror.close();
  await passThrough.close();
});

const get = async (url: string) => (await fetch(url)).text();

test("requests, KV and R2 operations are counted, for each isolate separately", async () => {
  const { near, far } = mirror;
  expect(await near.settle()).toEqual({
    requests: 0,
    kvReads: 0,
    kvWrites: 0,
    r2Reads: 0,
    r2Writes: 0,
  });
  expect(await get(near.origin)).toBe("11");
  expect(await near.settle()).toEqual({
    requests: 1,
    kvReads: 5,
    kvWrites: 1,
    r2Reads: 2,
    r2Writes: 1,
  });
  expect(await far?.settle()).toEqual({
    requests: 0,
    kvReads: 0,
    kvWrites: 0,
    r2Reads: 0,
    r2Writes: 0,
  });
});

test.each(["/later", "/context"])("settling waits for background work: %s", async (path) => {
  const before = await mirror.near.settle();
  await get(mirror.near.origin + path);
  const after = await mirror.near.settle();
  expect((after?.kvWrites ?? 0) - (before?.kvWrites ?? 0)).toBe(1);
});

test("the clock advances in both isolates and at the upstream", async () => {
  const { near, far, advance, upstream } = mirror;
  await advance?.(3_600_000);
  for (const origin of [near.origin, far?.origin]) {
    const time = Number(await get(`${origin}/time`));
    expect(Math.abs(time - Date.now() - 3_600_000)).toBeLessThan(5_000);
  }
  const scope = "repository:a/b:pull";
  const token = await get(
    `${upstream.origins.auth}/token?service=registry.docker.io&scope=${scope}`,
  );
  const issuedAt = Date.parse(JSON.parse(token).issued_at);
  expect(Math.abs(issuedAt - Date.now() - 3_600_000)).toBeLessThan(5_000);
});

test("reads of the stores can be delayed, writes are not", async () => {
  const { near, delayStores } = mirror;
  const time = async (path: string) => {
    const start = performance.now();
    await get(near.origin + path);
    return performance.now() - start;
  };
  await delayStores?.(40);
  // Three reads of KV and two of R2, one after the other.
  expect(await time("/")).toBeGreaterThan(5 * 40 - 10);
  // With an hour of delay, a delayed request would run into the limit of the test.
  await delayStores?.(3_600_000);
  await time("/write");
  await delayStores?.(0);
  await time("/read");
});

test.runIf(process.platform === "linux")("CPU and memory of workerd are measured", async () => {
  expect(mirror.process?.peakBytes()).toBeGreaterThan(10 * 1024 * 1024);
  const before = mirror.process?.cpuMs();
  // Runs into the limit of the test if it never grows.
  while (mirror.process?.cpuMs() === before) await get(mirror.near.origin);
  expect(mirror.process?.cpuMs()).toBeGreaterThan(before ?? Number.POSITIVE_INFINITY);
});

test("the pass-through requests everything from the upstream for each pull", async () => {
  const { near, upstream } = passThrough;
  const subject = await pushNew([passThrough], SMALL_MULTI);
  const countPull = async () => {
    upstream.hub.reset();
    await dockerPull(near.origin, subject);
    return tally(upstream.hub.requests);
  };
  const first = await countPull();
  expect(first).toEqual({
    // For the client's ping, and before its token.
    "registry GET challenge": 2,
    "auth GET token": 1,
    "registry HEAD manifest": 1,
    "registry GET manifest": 2,
    "registry GET blob": 3,
    "storage GET blob": 3,
  });
  expect(await countPull()).toEqual(first);
  // The client's credentials do not follow a redirect.
  expect(upstream.hub.leaks.filter((leak) => leak.includes("Authorization"))).toEqual([]);
});

test("the pass-through redirects a bare name to library/, and completes it in a token's scope", async () => {
  const { near, upstream } = passThrough;
  upstream.hub.reset();
  const bare = await fetch(`${near.origin}/v2/busybox/manifests/1`, { redirect: "manual" });
  expect(bare.status).toBe(301);
  expect(bare.headers.get("location")).toBe(`${near.origin}/v2/library/busybox/manifests/1`);
  expect(upstream.hub.count()).toBe(0);

  const ping = await fetch(`${near.origin}/v2/`);
  expect(ping.status).toBe(401);
  expect(ping.headers.get("www-authenticate")).toBe(
    `Bearer realm="${near.origin}/v2/auth",service="pass-through"`,
  );
  const scope = "repository:busybox:pull";
  const token = await get(`${near.origin}/v2/auth?service=pass-through&scope=${scope}`);
  expect(JSON.parse(token)).toMatchObject({ expires_in: 300 });
  const [request] = upstream.hub.requests.filter(({ host }) => host === "auth");
  expect(request?.query.get("scope")).toBe("repository:library/busybox:pull");
  expect(request?.query.get("service")).toBe("registry.docker.io");
});
