import { describe, expect, it } from "vitest";
import { imageOf, OCI_MANIFEST } from "../support/contents.ts";
import { buildImage, type Image } from "../support/image.ts";
import { ACCOUNT } from "../support/mirror/scenarios.ts";
import {
  type ModelIsolate,
  type PlatformModel,
  usePlatformModels,
} from "../support/platform-model.ts";

const createModel = usePlatformModels();
const KV_MS = 150;

function kindsWritten({ kv }: PlatformModel): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const { key } of kv.writes) {
    const kind = key.split("/")[1] ?? key;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}

/** As docker does: HEAD of the tag, then its manifests by digest, then the blobs. */
async function pull(
  model: PlatformModel,
  isolate: ModelIsolate,
  name: string,
  { tagDigest, platforms, blobs }: Image,
): Promise<void> {
  const child = platforms.get("linux/amd64");
  const ask = async (method: string, path: string) => {
    const response = await isolate.send(`/v2/${name}/${path}`, { method });
    expect(response.status).toBe(200);
    await model.run(response.read());
    return response;
  };
  const head = await ask("HEAD", "manifests/1");
  expect(head.headers.get("docker-content-digest")).toBe(tagDigest);
  await ask("GET", `manifests/${tagDigest}`);
  await ask("GET", `manifests/${child}`);
  await ask("GET", `blobs/${[...blobs.keys()][0]}`);
}

describe("the day of 500 pulls in docs/caching.md", () => {
  it("takes less than 300 of the 1,000 writes to KV", async () => {
    const model = createModel();
    const place = model.createDataCentre();
    const images: Image[] = [];
    for (let index = 0; index < 55; index++) {
      const files = { name: `${index}` };
      images.push(await buildImage({ platforms: ["linux/amd64", "linux/arm64"], files }));
    }
    const [first = [], moved = []] = [images.slice(0, 50), images.slice(50)];
    let isolate = place.createIsolate();
    for (let round = 0; round < 10; round++) {
      // An isolate lives for some hours, and five tags move in the meantime.
      if (round % 3 === 0) isolate = place.createIsolate();
      for (const [index, image] of first.entries()) {
        const current = round < 5 ? image : (moved[index] ?? image);
        model.hub.push(`library/image-${index}`, "1", current);
        await pull(model, isolate, `library/image-${index}`, current);
      }
      await model.pass(8_000);
    }
    expect(kindsWritten(model)).toEqual({ manifest: 110, tag: 55, token: 50 });
    expect(model.kv.writes.length).toBeLessThan(300);
    expect(model.kv.refusals).toEqual([]);
    expect(model.hub.pulls()).toBe(110);
    expect(model.kv.reads()).toBeLessThan(2_500);
  });
});

describe("made-up names and tags", () => {
  it.each([
    ["without an account", {}],
    ["with an account", ACCOUNT],
  ])("[12] write nothing to KV: %s", async (_, env) => {
    const model = createModel({ env, hub: { accounts: { sampan: "hunter2" } } });
    model.hub.push("grafana/grafana", "1", imageOf(OCI_MANIFEST));
    const place = model.createDataCentre();
    const missing = `sha256:${"0".repeat(64)}`;
    const tags = [
      "manifests/made-up",
      "manifests/1.99",
      `manifests/${missing}`,
      `blobs/${missing}`,
    ];
    for (const isolate of [place.createIsolate(), place.createIsolate()]) {
      for (const name of ["busybox", "grafana/grafana", "busybocks", "stranger/image"]) {
        const isKnown = name.startsWith("grafana") || name === "busybox";
        for (const path of isKnown ? tags : [...tags, "tags/list", `referrers/${missing}`]) {
          const url = `/v2/${name}/${path}`;
          for (const ask of [isolate.head, isolate.get]) {
            expect((await ask(url)).status).toBe(404);
          }
          await model.pass(61);
          expect((await isolate.get(url)).status).toBe(404);
        }
      }
    }
    expect(kindsWritten(model)).toEqual({});
  });
});

describe("KV that answers after 150 ms", () => {
  it.each([
    ["an official image", "busybox", {}],
    ["an official image, with an account", "busybox", ACCOUNT],
    ["another image", "grafana/grafana", {}],
    ["another image, with an account", "grafana/grafana", ACCOUNT],
  ])("[12] delays the HEAD of a cold tag by one read: %s", async (_, name, env) => {
    const hub = { accounts: { sampan: "hunter2" }, hasAccessClaims: true };
    const model = createModel({ env, hub, kvReadMs: KV_MS });
    for (const repository of ["library/busybox", "grafana/grafana"]) {
      model.hub.push(repository, "1", imageOf(OCI_MANIFEST));
    }
    const isolate = model.createDataCentre().createIsolate();
    // The registry's challenge is known as soon as one image was requested.
    await isolate.get("/v2/library/other/manifests/1");
    await model.pass(10);
    const startedAt = model.clock.now();
    const before = model.sent.length;
    expect((await isolate.get(`/v2/${name}/manifests/1`)).status).toBe(200);
    const head = model.sent.slice(before).find(({ method }) => method === "HEAD");
    expect((head?.at ?? 0) - startedAt).toBe(KV_MS);
  });
});
