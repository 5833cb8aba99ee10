import { describe, expect, it } from "vitest";
import { LAYER } from "../support/contents.ts";
import { MANIFEST, OWN_HOST, useScenes } from "../support/mirror/scenarios.ts";

const createScene = useScenes();
const TAG = "manifests/1";

describe("the name of a registry", () => {
  it.each([
    "/v2/QUAY.IO/owner/app/manifests/1",
    "/v2/owner/app/manifests/1?ns=Quay.io",
    "/v2/qua%79.io/owner/app/manifests/1",
    "/v2/owner/app/manifests/1?ns=qua%79.io",
    "https://mirror.example.com/v2/Quay.Io/owner/app/manifests/1?ns=quay.IO",
  ])("[R2] may have capital letters: %s", async (path) => {
    const { mirror } = createScene({
      env: { REGISTRIES: { "Quay.io": "https://quay.io" }, HOSTS: {} },
    });
    expect((await mirror.get(path)).text).toBe(MANIFEST["quay.io"].text);
  });

  it("[R2] may have a port, or be localhost", async () => {
    const REGISTRIES = { localhost: "https://quay.io", "registry.lan:5000": "https://ghcr.io" };
    const { mirror } = createScene({ env: { REGISTRIES, HOSTS: {} } });
    const [one, other] = [
      await mirror.get(`/v2/localhost/owner/app/${TAG}`),
      await mirror.get(`/v2/registry.lan:5000/owner/app/${TAG}`),
    ];
    expect([one.text, other.text]).toEqual([MANIFEST["quay.io"].text, MANIFEST["ghcr.io"].text]);
  });

  it.each(["docker.io", "index.docker.io", "registry-1.docker.io", "DOCKER.IO"])(
    "[R2] may be any of Docker Hub's: %s",
    async (name) => {
      const { mirror } = createScene();
      for (const origin of [OWN_HOST["docker.io"], OWN_HOST["quay.io"]]) {
        const answer = await mirror.get(`${origin}/v2/${name}/app/${TAG}?ns=docker.io`);
        expect(answer.text).toBe(MANIFEST["docker.io"].text);
      }
    },
  );
});

describe("library/", () => {
  it.each([
    "/v2/app/manifests/1",
    "/v2/docker.io/app/manifests/1",
    "/v2/app/manifests/1?ns=docker.io",
  ])("[R4] stands before a bare name of Docker Hub: %s", async (path) => {
    const { mirror, calls } = createScene();
    expect((await mirror.get(path)).status).toBe(200);
    expect(calls()).toContain("docker.io registry HEAD /v2/library/app/manifests/1");
  });

  it.each([
    "https://quay.example.com/v2/app/manifests/1",
    "/v2/quay.io/app/manifests/1",
    "/v2/app/manifests/1?ns=quay.io",
  ])("[R4] stands before no other registry's: %s", async (path) => {
    const { mirror, hubs, calls } = createScene();
    expect((await mirror.get(path)).error?.code).toBe("NAME_UNKNOWN");
    expect(calls()).toContain("quay.io registry HEAD /v2/app/manifests/1");
    expect(hubs["quay.io"].count({ path: /library/ })).toBe(0);
  });

  it("[R4] stands before Docker Hub's where it is not UPSTREAM", async () => {
    const REGISTRIES = { "docker.io": "https://registry-1.docker.io" };
    const { mirror, calls } = createScene({
      env: { UPSTREAM: "https://quay.io", REGISTRIES, HOSTS: { "hub.example.com": "docker.io" } },
    });
    await mirror.get("/v2/docker.io/app/manifests/1");
    await mirror.get("https://hub.example.com/v2/app/tags/list");
    await mirror.get("/v2/app/tags/list");
    expect(calls().filter((call) => / (HEAD|tags)/.test(call) || call.endsWith("list"))).toEqual([
      "docker.io registry HEAD /v2/library/app/manifests/1",
      "docker.io registry GET /v2/library/app/tags/list",
      "quay.io registry GET /v2/app/tags/list",
    ]);
  });

  it("[R4] stands before the names of what stands in for Docker Hub", async () => {
    const REGISTRIES = { "docker.io": "https://ghcr.io" };
    const { mirror, calls } = createScene({
      env: { UPSTREAM: "https://quay.io", REGISTRIES, HOSTS: {} },
    });
    expect((await mirror.get("/v2/docker.io/app/manifests/1")).status).toBe(200);
    expect(calls()).toContain("ghcr.io registry HEAD /v2/library/app/manifests/1");
  });
});

describe("OCI-Namespace", () => {
  it.each(["quay.io", "QUAY.io", "docker.io", "index.docker.io"])(
    "[R5] says the ns as it was asked for: %s",
    async (namespace) => {
      const { mirror } = createScene();
      for (const route of [TAG, "tags/list", `blobs/${LAYER.digest}`, "manifests/none"]) {
        const answer = await mirror.get(`/v2/owner/app/${route}?ns=${namespace}`);
        expect(answer.headers.get("oci-namespace")).toBe(namespace);
      }
    },
  );

  it("[R5] says nothing where there is no ns, or an unknown one", async () => {
    const { mirror } = createScene();
    for (const path of [
      `/v2/quay.io/owner/app/${TAG}`,
      `https://quay.example.com/v2/owner/app/${TAG}`,
      `/v2/owner/app/${TAG}?ns=example.com`,
      "/v2/?ns=example.com",
    ]) {
      expect((await mirror.get(path)).headers.get("oci-namespace")).toBeNull();
    }
    expect((await mirror.get("/v2/?ns=quay.io")).headers.get("oci-namespace")).toBe("quay.io");
  });

  it("[R5] is not passed on, and no part of any key", async () => {
    const { mirror, hubs } = createScene();
    await mirror.get(`/v2/owner/app/${TAG}?ns=quay.io`);
    await mirror.get("/v2/owner/app/tags/list?n=5&ns=quay.io");
    const queries = hubs["quay.io"].requests.map(({ query }) => query.toString());
    expect(queries.filter((query) => query.includes("ns="))).toEqual([]);
    expect(queries.at(-1)).toBe("n=5");
    expect(await mirror.stored()).not.toContain("ns=");
  });
});
