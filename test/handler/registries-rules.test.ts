import { describe, expect, it } from "vitest";
import { LAYER, OCI_MANIFEST } from "../support/contents.ts";
import {
  NAMES,
  OWN_HOST,
  type RegistryName,
  type Scene,
  SECRET,
  SEVERAL,
  useScenes,
} from "../support/mirror/scenarios.ts";

const createScene = useScenes();

describe("image rules", () => {
  const ways = (name: RegistryName, rest: string) => [
    `${OWN_HOST[name]}/v2/${rest}`,
    `/v2/${name}/${rest}`,
    `/v2/${rest}?ns=${name}`,
  ];

  async function statusesOf({ mirror }: Scene, rest: string): Promise<Record<string, number>> {
    const statuses: Record<string, number> = {};
    for (const name of NAMES) {
      const each = [];
      for (const path of ways(name, rest)) each.push((await mirror.get(path)).status);
      expect(new Set(each).size, `${name} ${rest}`).toBe(1);
      statuses[name] = each[0] ?? 0;
    }
    return statuses;
  }

  it.each([
    ["quay.io/owner/*", { "docker.io": 403, "quay.io": 200, "ghcr.io": 403 }],
    ["quay.io/**", { "docker.io": 403, "quay.io": 200, "ghcr.io": 403 }],
    ["QUAY.IO/owner/app:1", { "docker.io": 403, "quay.io": 200, "ghcr.io": 403 }],
    ["quay.io/owner/app:2", { "docker.io": 403, "quay.io": 403, "ghcr.io": 403 }],
    ["owner/app", { "docker.io": 200, "quay.io": 403, "ghcr.io": 403 }],
    ["**", { "docker.io": 200, "quay.io": 403, "ghcr.io": 403 }],
    ["docker.io/**, ghcr.io/owner/*", { "docker.io": 200, "quay.io": 403, "ghcr.io": 200 }],
  ])("[R10] [A4a] that allow %s are for that registry alone", async (rule, expected) => {
    const scene = createScene({ env: { IMAGES_ALLOW: rule } });
    expect(await statusesOf(scene, "owner/app/manifests/1")).toEqual(expected);
  });

  it.each([
    ["quay.io/owner/*", { "docker.io": 200, "quay.io": 403, "ghcr.io": 200 }],
    ["ghcr.io/**:1", { "docker.io": 200, "quay.io": 200, "ghcr.io": 403 }],
    ["owner/**", { "docker.io": 403, "quay.io": 200, "ghcr.io": 200 }],
    ["index.docker.io/owner/app", { "docker.io": 403, "quay.io": 200, "ghcr.io": 200 }],
  ])("[R10] [A4] that deny %s too, whatever is cached", async (rule, expected) => {
    const scene = createScene();
    for (const name of NAMES) await scene.mirror.get(`/v2/${name}/owner/app/manifests/1`);
    scene.mirror.reconfigure({ ...SEVERAL, IMAGES_DENY: rule });
    expect(await statusesOf(scene, "owner/app/manifests/1")).toEqual(expected);
  });

  it("[R10] [A4] hold for blobs, tags and referrers of that registry", async () => {
    const scene = createScene({ env: { IMAGES_DENY: "quay.io/**" } });
    for (const route of [
      `blobs/${LAYER.digest}`,
      "tags/list",
      `referrers/${OCI_MANIFEST.digest}`,
    ]) {
      const statuses = await statusesOf(scene, `owner/app/${route}`);
      expect(statuses).toEqual({ "docker.io": 200, "quay.io": 403, "ghcr.io": 200 });
    }
    expect(scene.hubs["quay.io"].count()).toBe(0);
  });

  it("[R10] name the rule as it is written", async () => {
    const { mirror } = createScene({ env: { IMAGES_DENY: "quay.io/owner/*" } });
    const answer = await mirror.get("/v2/owner/app/manifests/1?ns=quay.io");
    expect(answer.error?.code).toBe("DENIED");
    expect(answer.error?.message).toContain('"quay.io/owner/*" of IMAGES_DENY');
  });

  it.each(["gcr.io/**", "example.com/owner/app"])(
    "[R10] [R12] cannot be for a registry that is not in the table: %s",
    async (rule) => {
      const { mirror, calls } = createScene({ env: { IMAGES_ALLOW: rule } });
      const answer = await mirror.get("/v2/owner/app/manifests/1");
      expect([answer.status, answer.error?.code]).toEqual([500, "UNKNOWN"]);
      expect(answer.error?.message).toContain("IMAGES_ALLOW");
      expect(calls()).toEqual([]);
    },
  );
});

describe("the log", () => {
  const fieldsOf = ({ mirror }: Scene) =>
    mirror.log.map(({ fields }) => [
      fields.registry,
      fields.image,
      fields.reference,
      fields.status,
    ]);

  it("[R11] has registry, image and reference, whichever way was taken", async () => {
    const scene = createScene();
    const { digest } = OCI_MANIFEST;
    for (const path of [
      "/v2/quay.io/owner/app/manifests/1",
      "/v2/owner/app/manifests/1?ns=QUAY.IO",
      "https://quay.example.com/v2/owner/app/manifests/1",
      "/v2/app/manifests/1",
      `/v2/GHCR.io/owner/app/blobs/${LAYER.digest}`,
      "/v2/ghcr.io/owner/app/tags/list",
      `/v2/docker.io/app/referrers/${digest}`,
    ]) {
      await scene.mirror.get(path);
    }
    expect(fieldsOf(scene)).toEqual([
      ["quay.io", "owner/app", "1", 200],
      ["quay.io", "owner/app", "1", 200],
      ["quay.io", "owner/app", "1", 200],
      ["docker.io", "library/app", "1", 200],
      ["ghcr.io", "owner/app", LAYER.digest, 200],
      ["ghcr.io", "owner/app", null, 200],
      ["docker.io", "library/app", digest, 200],
    ]);
  });

  it("[R11] has them for what is refused too, as far as they are known", async () => {
    const scene = createScene({ env: { IMAGES_DENY: "quay.io/**" } });
    for (const path of [
      "/v2/quay.io/owner/app/manifests/1",
      "/v2/ghcr.io/owner/app/manifests/none",
      "/v2/gcr.io/owner/app/manifests/1",
      "/v2/",
      "/v2/_catalog",
    ]) {
      await scene.mirror.get(path);
    }
    expect(fieldsOf(scene)).toEqual([
      ["quay.io", "owner/app", "1", 403],
      ["ghcr.io", "owner/app", "none", 404],
      [null, null, null, 404],
      [null, null, null, 200],
      [null, null, null, 404],
    ]);
  });

  it("[R11] [A1b] has no path secret where a registry is named", async () => {
    const scene = createScene({ env: { ACCESS_PATHS: `office=${SECRET}` } });
    await scene.mirror.get(`/${SECRET}/v2/quay.io/owner/app/manifests/1`);
    await scene.mirror.get(`/v2/${SECRET}/quay.io/owner/app/manifests/1`);
    expect(fieldsOf(scene)).toEqual(Array(2).fill(["quay.io", "owner/app", "1", 200]));
    expect(scene.mirror.log.map(({ fields }) => fields.path)).toEqual(
      Array(2).fill("/v2/quay.io/owner/app/manifests/1"),
    );
  });
});

describe("a mirror that is misconfigured", () => {
  it.each([
    ["REGISTRIES", { REGISTRIES: "quay.io" }],
    ["REGISTRIES", { REGISTRIES: { "quay.io": "http://quay.io" } }],
    ["HOSTS", { HOSTS: { "quay.example.com": "gcr.io" } }],
    ["REGISTRY_ACCOUNTS", { REGISTRY_ACCOUNTS: "user of quay.io:hunter2" }],
    [
      "REGISTRY_ACCOUNTS",
      { REGISTRY_ACCOUNTS: '{"gcr.io":{"username":"a","password":"hunter2"}}' },
    ],
  ])("[R12] says so, whatever is asked for, and asks nobody: %s", async (name, env) => {
    const { mirror, calls } = createScene({ env });
    for (const path of ["/v2/", "/v2/owner/app/manifests/1", "/v2/quay.io/owner/app/tags/list"]) {
      const answer = await mirror.get(path);
      expect([answer.status, answer.error?.code]).toEqual([500, "UNKNOWN"]);
      expect(answer.error?.message).toContain(`misconfigured: ${name} `);
      expect(answer.text).not.toContain("hunter2");
    }
    expect(calls()).toEqual([]);
  });
});
