import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { truncate } from "../support/hub/faults.ts";
import { buildImage, type Image } from "../support/image.ts";
import { type PullOptions, pull } from "../support/pull.ts";
import { type ServedHub, serveHub } from "../support/serve.ts";

const BYTES = 500_000;

let served: ServedHub;
let image: Image;
beforeAll(async () => {
  served = await serveHub();
  image = await buildImage({ platforms: ["linux/amd64", "linux/arm64"], layerBytes: BYTES });
  served.hub.push("library/hello", "1", image);
});
afterEach(() => served.hub.reset());
afterAll(() => served.close());

/** Pulls straight from the hub, with a token of its own. */
async function pullHello(more: Partial<PullOptions> = {}) {
  const { auth, registry } = served.origins;
  const query = "service=registry.docker.io&scope=repository:library/hello:pull";
  const answer = await fetch(`${auth}/token?${query}`);
  const { token } = (await answer.json()) as { token: string };
  const headers = { authorization: `Bearer ${token}` };
  return () => pull({ registry, image: "library/hello:1", headers, ...more });
}

test("an image is pulled straight from the hub, and nothing leaks", async () => {
  const pull = await pullHello({ platform: "linux/arm64" });

  expect((await pull()).digest).toBe(image.tagDigest);
  expect(served.hub.pulls()).toBe(2);
  expect(served.hub.leaks).toEqual([]);
});

test("a reset breaks the connection, a hang keeps it open until the client aborts", async () => {
  const client = new AbortController();
  const pull = await pullHello({ signal: client.signal });
  served.hub.intercept(() => "reset");
  await expect(pull()).rejects.toMatchObject({ status: 0 });
  served.hub.intercept(() => "hang");
  const requested = served.hub.waitFor({ method: "HEAD" });
  const hanging = pull();
  await requested;
  client.abort();
  await expect(hanging).rejects.toMatchObject({ status: 0 });
});

test("a pull fails on a truncated body", async () => {
  const pull = await pullHello();
  served.hub.intercept(async ({ host }, next) =>
    host === "storage" ? truncate(await next(), 100) : undefined,
  );
  await expect(pull()).rejects.toThrow("broke (200, 100 bytes)");
});

test("a pull fails on a changed body", async () => {
  const pull = await pullHello();
  served.hub.intercept(async ({ host }, next) => {
    if (host !== "storage") return undefined;
    const { status, headers, body } = await next();
    const bytes = new Uint8Array(await new Response(body).arrayBuffer());
    bytes[bytes.length - 1] = 0xff;
    return new Response(bytes, { status, headers });
  });
  await expect(pull()).rejects.toThrow("hashes to sha256:");
});

test("a hub that has gone away refuses connections, and comes back on the same ports", async () => {
  const pull = await pullHello();
  await served.goAway();
  const refused = await fetch(served.origins.registry).catch(({ cause }) => cause.code);
  expect(refused).toBe("ECONNREFUSED");
  await served.comeBack();
  await pull();
});
