import { expect, test } from "vitest";
import { ready } from "./ready.ts";

test("a blob URL is for its method and its time, and for nobody with an Authorization", async () => {
  let now = 0;
  const { hub, image, ask } = await ready({ now: () => now, tokenSeconds: 10_000 });
  const [[digest, bytes] = ["", new Uint8Array()]] = image.blobs;
  const redirect = await ask(`blobs/${digest}`);
  expect(redirect.status).toBe(307);
  const url = redirect.headers.get("location") ?? "";
  const slice = await hub.fetch(url, { headers: { range: "bytes=1-3" } });
  expect(slice.status).toBe(206);
  expect(slice.headers.get("content-range")).toBe(`bytes 1-3/${bytes.length}`);
  expect(new Uint8Array(await slice.arrayBuffer())).toEqual(bytes.slice(1, 4));
  expect((await hub.fetch(url, { headers: { range: "bytes=0-1,3-4" } })).status).toBe(200);
  expect((await hub.fetch(url, { headers: { range: "bytes=99999-" } })).status).toBe(416);
  expect((await hub.fetch(url, { method: "HEAD" })).status).toBe(403);
  expect(hub.leaks).toEqual([]);
  expect((await hub.fetch(url, { headers: { authorization: "Bearer x" } })).status).toBe(400);
  expect(hub.leaks).toHaveLength(1);
  now = 1_200_000;
  expect((await hub.fetch(url)).status).toBe(403);
});
