import { describe, expect, it } from "vitest";
import { CONFIG, imageOf, LARGE_BLOB, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import { MANIFEST, NAMES, type RegistryName, useScenes } from "../support/mirror/scenarios.ts";

const createScene = useScenes();
const HEAD_TAG = "HEAD /v2/owner/app/manifests/1";

function pathOf(name: RegistryName, route: string): string {
  return `/v2/owner/app/${route}?ns=${name}`;
}

describe.each(["here", "elsewhere", null] as const)("after a restart %s", (restart) => {
  it("[R8] a tag of one registry does not answer for another", async () => {
    const { mirror, calls } = createScene();
    for (const name of NAMES) {
      const answer = await mirror.get(pathOf(name, "manifests/1"));
      expect(answer.headers.get("docker-content-digest")).toBe(MANIFEST[name].digest);
      expect(calls()).toContain(`${name} registry ${HEAD_TAG}`);
      if (restart !== null) mirror.restart(restart);
    }
    for (const name of NAMES) {
      const answer = await mirror.get(pathOf(name, "manifests/1"));
      expect(answer.text).toBe(MANIFEST[name].text);
    }
    expect(calls()).toEqual([]);
  });

  it.each([`manifests/${OCI_MANIFEST.digest}`, `blobs/${LAYER.digest}`, `blobs/${CONFIG.digest}`])(
    "[R8] %s does not either, though every registry could have it",
    async (route) => {
      const { mirror, calls } = createScene();
      await mirror.warm(pathOf("docker.io", route));
      calls();
      if (restart !== null) mirror.restart(restart);
      const answer = await mirror.get(pathOf("quay.io", route));
      const asked = calls();
      expect(asked).toContain(`quay.io registry GET /v2/owner/app/${route}`);
      expect(asked.filter((call) => call.startsWith("docker.io"))).toEqual([]);
      expect(answer.status).toBe(route.startsWith("blobs") ? 200 : 404);
      expect((await mirror.head(pathOf("ghcr.io", route))).status).toBe(answer.status);
      expect(calls().some((call) => call.startsWith("ghcr.io registry HEAD"))).toBe(true);
    },
  );

  it("[R8] a token or a challenge does not either", async () => {
    const { mirror, hubs, calls } = createScene();
    const tokens = [];
    for (const name of NAMES) {
      await mirror.get(pathOf(name, "tags/list"));
      expect(calls()).toEqual([
        `${name} registry GET /v2/`,
        `${name} auth GET /token`,
        `${name} registry GET /v2/owner/app/tags/list`,
      ]);
      tokens.push(hubs[name].requests.at(-1)?.headers.get("authorization"));
      if (restart !== null) mirror.restart(restart);
    }
    expect(new Set(tokens).size).toBe(3);
  });
});

describe("a remembered failure", () => {
  it("[R8] of one registry is not used for another", async () => {
    const { mirror, hubs, calls } = createScene();
    hubs["docker.io"].untag("owner/app", "1");
    expect((await mirror.get(pathOf("docker.io", "manifests/1"))).status).toBe(404);
    expect((await mirror.get(pathOf("quay.io", "manifests/1"))).status).toBe(200);
    calls();
    expect((await mirror.get(pathOf("docker.io", "manifests/1"))).status).toBe(404);
    expect((await mirror.get(pathOf("quay.io", "manifests/1"))).status).toBe(200);
    expect(calls()).toEqual([]);
  });

  it.each(["manifests/1", `blobs/${LAYER.digest}`, "tags/list"])(
    "[R8] [35] of one registry is not used for another if it is a 429: %s",
    async (route) => {
      const { mirror, hubs } = createScene();
      hubs["docker.io"].become("limited");
      expect((await mirror.get(pathOf("docker.io", route))).status).toBe(429);
      for (const name of ["quay.io", "ghcr.io"] as const) {
        expect((await mirror.get(pathOf(name, route))).status).toBe(200);
      }
    },
  );

  it("[R8] [36] does not answer with a stale tag of another registry", async () => {
    const { mirror, hubs } = createScene();
    await mirror.warm(pathOf("docker.io", "manifests/1"));
    mirror.clock.advance(300);
    for (const name of NAMES) hubs[name].become("gone");
    const answer = await mirror.get(pathOf("docker.io", "manifests/1"));
    expect([answer.status, answer.text]).toEqual([200, OCI_MANIFEST.text]);
    for (const name of ["quay.io", "ghcr.io"] as const) {
      const failed = await mirror.get(pathOf(name, "manifests/1"));
      expect(failed.status).toBe(502);
      expect(failed.error?.message).toContain(name);
    }
  });

  it("[R8] [37] does not open the circuit of another registry", async () => {
    const { mirror, hubs } = createScene();
    hubs["quay.io"].intercept(() => "hang");
    const hanging = Array.from({ length: 5 }, async (_, index) => {
      return mirror.get(`/v2/quay.io/owner/app${index}/tags/list`);
    });
    await mirror.clock.whenRunning(1, 10);
    mirror.clock.advance(10);
    for (const answer of await Promise.all(hanging)) expect(answer.status).toBe(504);
    expect((await mirror.get(pathOf("ghcr.io", "manifests/1"))).status).toBe(200);
  });
});

describe("the pull quota", () => {
  it("[R7] is reported for the registry of the request", async () => {
    const { mirror, hubs } = createScene({ hubs: { "quay.io": { pullLimit: 7 } } });
    const docker = await mirror.get(pathOf("docker.io", "manifests/1"));
    expect(docker.headers.get("ratelimit-limit")).toBe("100;w=21600");
    expect(docker.headers.get("ratelimit-remaining")).toBe("99;w=21600");
    const quay = await mirror.get(pathOf("quay.io", "manifests/1"));
    expect(quay.headers.get("ratelimit-limit")).toBe("7;w=21600");
    expect(quay.headers.get("ratelimit-remaining")).toBe("6;w=21600");
    hubs["ghcr.io"].intercept(
      when({ path: /manifests/ }, async (next) => {
        const { body, headers } = await next();
        const kept = [...headers].filter(([header]) => !header.startsWith("ratelimit"));
        return new Response(body, { headers: kept });
      }),
    );
    const ghcr = await mirror.get(pathOf("ghcr.io", "manifests/1"));
    expect([ghcr.status, ghcr.headers.get("ratelimit-limit")]).toEqual([200, null]);
  });
});

describe("blobs in R2", () => {
  it("[R8] [B2] belong to one registry", async () => {
    const { mirror, hubs, calls } = createScene({ keepsBlobs: true });
    const image = {
      ...imageOf(OCI_MANIFEST),
      blobs: new Map([[LARGE_BLOB.digest, LARGE_BLOB.bytes]]),
    };
    for (const name of NAMES) hubs[name].push("owner/large", "1", image);
    const path = `/v2/docker.io/owner/large/blobs/${LARGE_BLOB.digest}`;
    expect((await mirror.get(path)).bytes.length).toBe(1_500_000);
    expect(await mirror.bucket.keys()).toEqual([`blobs/registry-1.docker.io/${LARGE_BLOB.digest}`]);
    calls();
    expect((await mirror.get(path)).bytes.length).toBe(1_500_000);
    expect(calls()).toEqual([]);
    hubs["quay.io"].intercept(when({ path: /blobs/ }, () => status(404)));
    const quay = await mirror.get(path.replace("docker.io", "quay.io"));
    expect(quay.error?.code).toBe("BLOB_UNKNOWN");
    const ghcr = await mirror.get(path.replace("docker.io", "ghcr.io"));
    expect(ghcr.bytes.length).toBe(1_500_000);
    expect(calls().filter((call) => call.startsWith("ghcr.io storage"))).toHaveLength(2);
    expect((await mirror.bucket.keys()).filter((key) => key.includes("/ghcr.io/"))).toHaveLength(1);
  });
});
