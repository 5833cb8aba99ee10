import { describe, expect, it } from "vitest";
import { imageOf, OCI_MANIFEST } from "../support/contents.ts";
import { type Mirror, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
/** The tests start at noon, UTC. */
const HALF_DAY_SECONDS = 12 * 60 * 60;

/** A mirror of many images; a pull of each writes to KV. */
function createStocked(): Mirror {
  const mirror = createMirror();
  for (let index = 0; index < 40; index++) {
    mirror.hub.push("library/busybox", String(index), imageOf(OCI_MANIFEST));
  }
  return mirror;
}

function failures({ log }: Mirror): number {
  return log.filter(({ event }) => event === "cache failed").length;
}

describe("writes to KV", () => {
  it.each([
    "KV put() limit exceeded for the day.",
    "your account has reached the free usage limit for this operation for today",
  ])("[12] stop until midnight UTC after its message about the day: %s", async (message) => {
    const mirror = createStocked();
    mirror.kv.fail("write", message);
    await mirror.get("/v2/busybox/manifests/1");
    mirror.kv.fail("write", null);
    mirror.kv.reset();
    mirror.clock.advance(HALF_DAY_SECONDS - 1);
    expect((await mirror.get("/v2/busybox/manifests/2")).status).toBe(200);
    expect(mirror.kv.count("write")).toBe(0);
    mirror.clock.advance(1);
    await mirror.get("/v2/busybox/manifests/3");
    expect(mirror.kv.written()).toContain("tag");
    expect(failures(mirror)).toBe(1);
  });

  it("[12] pause after any other failure, for 5 minutes at most", async () => {
    const mirror = createStocked();
    mirror.kv.fail("write", "KV PUT failed: 500 Internal Server Error");
    for (let index = 0; index < 20; index++) {
      await mirror.get(`/v2/busybox/manifests/${index}`);
      mirror.clock.advance(300);
    }
    mirror.kv.reset();
    expect((await mirror.get("/v2/busybox/manifests/30")).status).toBe(200);
    // The manifest and the tag are written at the same time.
    expect(mirror.kv.count("write")).toBe(2);
    mirror.kv.fail("write", null);
    mirror.clock.advance(299);
    await mirror.get("/v2/busybox/manifests/31");
    expect(mirror.kv.count("write")).toBe(2);
    mirror.clock.advance(1);
    await mirror.get("/v2/busybox/manifests/32");
    expect(mirror.kv.count("write")).toBeGreaterThan(2);
  });

  it("[12] go on after the limit for one key, which is no error", async () => {
    const mirror = createStocked();
    mirror.kv.fail("write", "KV PUT failed: 429 Too Many Requests");
    await mirror.get("/v2/busybox/manifests/1");
    mirror.kv.fail("write", null);
    mirror.kv.reset();
    await mirror.get("/v2/busybox/manifests/2");
    expect(mirror.kv.written()).toContain("tag");
    expect(failures(mirror)).toBe(0);
  });

  it("[12] [17] are at most three for one tag, whatever types its clients accept", async () => {
    const mirror = createStocked();
    const types = [
      "application/vnd.docker.distribution.manifest.list.v2+json",
      "application/vnd.docker.distribution.manifest.v2+json",
      "application/vnd.oci.image.index.v1+json",
      "application/vnd.oci.image.manifest.v1+json",
    ];
    for (let subset = 1; subset < 16; subset++) {
      const accept = types.filter((_, bit) => subset & (1 << bit)).join(", ");
      for (let pulls = 0; pulls < 2; pulls++) {
        const { status } = await mirror.get("/v2/busybox/manifests/1", { accept });
        // The image is an OCI manifest.
        expect(status).toBe(subset & 8 ? 200 : 404);
      }
    }
    const tags = mirror.kv.written().filter((kind) => kind === "tag");
    expect(tags).toHaveLength(3);
    await mirror.get("/v2/busybox/manifests/2");
    expect(mirror.kv.written().filter((kind) => kind === "tag")).toHaveLength(4);
  });

  it("[12] are none for made-up names, tags and digests", async () => {
    const mirror = createStocked();
    for (const reference of ["none", `sha256:${"0".repeat(64)}`]) {
      for (const name of ["busybox", "made/up"]) {
        for (const method of ["GET", "HEAD"]) {
          const answer = await mirror.ask(`/v2/${name}/manifests/${reference}`, { method });
          expect(answer.status).toBe(404);
        }
      }
    }
    expect(mirror.kv.written()).toEqual([]);
  });
});
