import { expect, test } from "vitest";
import { tally } from "../support/hub.ts";
import { buildImage } from "../support/image.ts";
import { stackForTest } from "./stack-for-test.ts";

const MANY = 100;
const LARGE_BYTES = 3_000_000;
const platforms = ["linux/amd64", "linux/arm64/v8"];

test("the first pull of all asks for each thing once, a second one for none", async () => {
  const { hub, pull } = await stackForTest();
  const image = await buildImage({ platforms, layers: 2, files: { "hello.txt": "hello" } });
  hub.push("library/hello", "1", image);

  const cold = await pull("library/hello:1");

  expect(cold.digest).toBe(image.tagDigest);
  expect(tally(hub.requests)).toEqual({
    "registry GET challenge": 1,
    "auth GET token": 1,
    "registry HEAD manifest": 1,
    "registry GET manifest": 2,
    "registry GET blob": 3,
    "storage GET blob": 3,
  });
  expect(hub.pulls()).toBe(2);
  hub.reset();

  const warm = await pull("library/hello:1");

  expect(hub.requests).toEqual([]);
  expect(warm.digest).toBe(cold.digest);
  expect(warm.steps.map((step) => step.cacheStatus)).toEqual(Array(6).fill("sampan; hit"));
});

test("large layers are fetched each time, but neither manifests nor tokens are", async () => {
  const { hub, pull } = await stackForTest();
  hub.push("library/large", "1", await buildImage({ layers: 2, layerBytes: LARGE_BYTES }));
  await pull("large:1");
  hub.reset();

  await pull("large:1");

  expect(tally(hub.requests)).toEqual({ "registry GET blob": 2, "storage GET blob": 2 });
});

test("a hundred pulls of one tag cost one pull for each of its manifests", async () => {
  const { hub, pull } = await stackForTest();
  hub.push("library/popular", "1", await buildImage({ platforms }));

  for (let count = 0; count < MANY; count += 1) await pull("popular:1");

  expect(hub.pulls()).toBe(2);
  expect(hub.count({ host: "registry", path: /\/manifests\// })).toBe(3);
});

test("Docker and OCI images of every platform arrive whole, by tag and by digest", async () => {
  const { hub, pull } = await stackForTest();
  for (const mediaTypes of ["docker", "oci"] as const) {
    const image = await buildImage({ platforms, mediaTypes });
    hub.push(`library/${mediaTypes}`, "1", image);
    for (const platform of platforms) {
      const { digest } = await pull(`${mediaTypes}:1`, { platform });
      expect(digest).toBe(image.tagDigest);
    }
    const child = image.platforms.get("linux/arm64/v8");
    expect((await pull(`${mediaTypes}@${child}`)).digest).toBe(child);
  }
});

test("a bare name and its full name share what is cached", async () => {
  const { hub, pull } = await stackForTest();
  hub.push("library/hello", "1", await buildImage());
  await pull("hello:1");
  hub.reset();

  await pull("library/hello:1");

  expect(hub.requests).toEqual([]);
});

test("what is the client's stays here, and what is the upstream's stays there", async () => {
  const { hub, mirror, pull } = await stackForTest();
  const image = await buildImage({ layerBytes: LARGE_BYTES });
  hub.push("library/hello", "1", image);
  const headers = {
    authorization: "Basic YWxpY2U6c2VjcmV0",
    cookie: "session=secret",
    "x-forwarded-for": "192.0.2.1",
    "cf-connecting-ip": "192.0.2.1",
  };

  await pull("hello:1", { headers });

  const [digest] = [...image.blobs.keys()];
  for (const path of ["manifests/1", `blobs/${digest}`, "tags/list"]) {
    const answer = await fetch(`${mirror.origin}/v2/hello/${path}`, { headers });
    await answer.arrayBuffer();
    expect(answer.status).toBe(200);
    const crossed = [...answer.headers.keys()].filter((name) =>
      /^(set-cookie|www-authenticate|server|x-.*|docker-ratelimit-source|strict-.*)$/.test(name),
    );
    expect(crossed).toEqual([]);
  }
});
