import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { withHeaders } from "../support/hub/responses.ts";
import {
  basic,
  NAMES,
  OWN_HOST,
  type RegistryName,
  type Scene,
  SECRET,
  SEVERAL,
  useScenes,
} from "../support/mirror/scenarios.ts";

const createScene = useScenes();
const SUBJECT = OCI_MANIFEST.digest;

/** A mirror whose quay.io pages its lists one by one. */
function createPaged(
  env: Record<string, string> = {},
  links: "relative" | "absolute" = "relative",
) {
  const scene = createScene({ env, hubs: { "quay.io": { pageSize: 1, links } } });
  scene.hubs["quay.io"].push("owner/app", "2", imageOf(OCI_MANIFEST));
  return scene;
}

function target(link: string | null): string {
  return /^<(.*)>; rel="next"$/.exec(link ?? "")?.[1] ?? "";
}

const PAGES = [
  ["https://quay.example.com", "/v2/owner/app/tags/list", "?last=1&n=1"],
  ["", "/v2/quay.io/owner/app/tags/list", "?last=1&n=1"],
  ["", "/v2/QUAY.IO/owner/app/tags/list", "?last=1&n=1"],
  ["", "/v2/owner/app/tags/list?ns=quay.io", "?last=1&n=1&ns=quay.io"],
  ["", "/v2/owner/app/tags/list?ns=Quay.IO", "?last=1&n=1&ns=Quay.IO"],
  ["", "/v2/quay.io/owner/app/tags/list?ns=quay.io", "?last=1&n=1"],
] as const;

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
  ])("[R10] [A4a] that allow %s apply to that registry only", async (rule, expected) => {
    const scene = createScene({ env: { IMAGES_ALLOW: rule } });
    expect(await statusesOf(scene, "owner/app/manifests/1")).toEqual(expected);
  });

  it.each([
    ["quay.io/owner/*", { "docker.io": 200, "quay.io": 403, "ghcr.io": 200 }],
    ["ghcr.io/**:1", { "docker.io": 200, "quay.io": 200, "ghcr.io": 403 }],
    ["owner/**", { "docker.io": 403, "quay.io": 200, "ghcr.io": 200 }],
    ["index.docker.io/owner/app", { "docker.io": 403, "quay.io": 200, "ghcr.io": 200 }],
  ])(
    "[R10] [A4] that deny %s apply to that registry only, whatever is cached",
    async (rule, expected) => {
      const scene = createScene();
      for (const name of NAMES) await scene.mirror.get(`/v2/${name}/owner/app/manifests/1`);
      scene.mirror.reconfigure({ ...SEVERAL, IMAGES_DENY: rule });
      expect(await statusesOf(scene, "owner/app/manifests/1")).toEqual(expected);
    },
  );

  it("[R10] [A4] apply to blobs, tags and referrers of that registry", async () => {
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

  it("[R10] are named in the error as they are written", async () => {
    const { mirror } = createScene({ env: { IMAGES_DENY: "quay.io/owner/*" } });
    const answer = await mirror.get("/v2/owner/app/manifests/1?ns=quay.io");
    expect(answer.error?.code).toBe("DENIED");
    expect(answer.error?.message).toContain('"quay.io/owner/*" of IMAGES_DENY');
  });

  it.each(["gcr.io/**", "example.com/owner/app"])(
    "[R10] [R12] need a registry that is configured: %s",
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

  it("[R11] has registry, image and reference, in every way of naming them", async () => {
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

  it("[R11] has them for refused requests, as far as they are known", async () => {
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

  it("[R11] [A1b] has no path secret in front of a registry", async () => {
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
  ])("[R12] answers 500 to every request and names the setting: %s", async (name, env) => {
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

describe.each(["relative", "absolute"] as const)(
  "the next page, with %s links of the upstream,",
  (links) => {
    it.each(PAGES)(
      "[R5] of tags belongs to the same registry: %s%s",
      async (origin, path, query) => {
        const { mirror, calls } = createPaged({}, links);
        const first = await mirror.get(origin + path);
        expect(target(first.headers.get("link"))).toBe(path.split("?")[0] + query);
        const second = await mirror.get(origin + target(first.headers.get("link")));
        expect(JSON.parse(second.text).tags).toEqual(["2"]);
        expect(JSON.parse(second.text).name).toBe(/^\/v2\/(.*)\/tags/.exec(path)?.[1]);
        expect(second.headers.get("link")).toBeNull();
        expect(calls().every((call) => call.startsWith("quay.io "))).toBe(true);
      },
    );

    it.each([
      ["https://quay.example.com", "/v2/owner/app", ""],
      ["", "/v2/quay.io/owner/app", ""],
      ["", "/v2/owner/app", "&ns=quay.io"],
    ])("[R5] of referrers belongs to the same registry: %s%s", async (origin, repository, ns) => {
      const { mirror, hubs } = createPaged({}, links);
      const link = `<https://quay.io/v2/owner/app/referrers/${SUBJECT}?last=x&y=%2F>; rel="next"`;
      hubs["quay.io"].intercept(
        when({ path: /referrers/ }, async (next) => withHeaders(await next(), { link })),
      );
      const path = `${repository}/referrers/${SUBJECT}`;
      const answer = await mirror.get(`${origin}${path}?${ns.slice(1)}`);
      expect(target(answer.headers.get("link"))).toBe(`${path}?last=x&y=%2F${ns}`);
    });
  },
);

describe("a locked mirror", () => {
  it.each([
    [`/${SECRET}/v2/quay.io/owner/app/tags/list`, "?last=1&n=1"],
    [`/v2/${SECRET}/quay.io/owner/app/tags/list`, "?last=1&n=1"],
    [`/${SECRET}/v2/owner/app/tags/list?ns=quay.io`, "?last=1&n=1&ns=quay.io"],
  ])("[R5] [A1] has links with the secret and the registry: %s", async (path, query) => {
    const { mirror, calls } = createPaged({ ACCESS_PATHS: `office=${SECRET}` });
    const first = await mirror.get(path);
    expect(target(first.headers.get("link"))).toBe(path.split("?")[0] + query);
    expect((await mirror.get(target(first.headers.get("link")))).status).toBe(200);
    expect(calls().every((call) => call.startsWith("quay.io "))).toBe(true);
    expect(JSON.stringify(mirror.log)).not.toContain(SECRET);
    expect(await mirror.stored()).not.toContain(SECRET);
  });

  it("[R5] [A1] has links with the secret on a host of its own", async () => {
    const { mirror } = createPaged({ ACCESS_PATHS: `office=${SECRET}` });
    const path = `/${SECRET}/v2/owner/app/tags/list`;
    const first = await mirror.get(`https://quay.example.com${path}`);
    expect(target(first.headers.get("link"))).toBe(`${path}?last=1&n=1`);
  });

  it("[R1] [A2] serves every registry to users, in every way", async () => {
    const { mirror, calls } = createPaged({ ACCESS_USERS: "alice=token" });
    const headers = { authorization: basic("alice", "token") };
    for (const path of [
      "/v2/quay.io/owner/app/manifests/1",
      "/v2/owner/app/manifests/1?ns=quay.io",
      "https://quay.example.com/v2/owner/app/manifests/1",
    ]) {
      expect((await mirror.ask(path, { headers })).status).toBe(200);
      expect((await mirror.ask(path)).status).toBe(401);
    }
    expect(calls()).toHaveLength(4);
  });
});

describe("an ns in the upstream's own cursor", () => {
  it.each([
    ["/v2/quay.io/owner/app/tags/list", "cursor=1"],
    ["/v2/owner/app/tags/list?ns=quay.io", "cursor=1&ns=quay.io"],
    ["https://quay.example.com/v2/owner/app/tags/list", "cursor=1"],
  ])("[R5] does not lead to another registry: %s", async (path, query) => {
    const { mirror, hubs } = createPaged();
    const link = '</v2/owner/app/tags/list?ns=ghcr.io&cursor=1&ns=docker.io>; rel="next"';
    hubs["quay.io"].intercept(
      when({ path: /tags/ }, async (next) => withHeaders(await next(), { link })),
    );
    const answer = await mirror.get(path);
    expect(target(answer.headers.get("link"))).toMatch(/^\/v2\/.*\/tags\/list\?/);
    expect(target(answer.headers.get("link")).split("?")[1]).toBe(query);
  });
});
