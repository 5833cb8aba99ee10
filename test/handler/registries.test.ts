import { describe, expect, it } from "vitest";
import { LAYER } from "./support/images.ts";
import { MANIFEST, NAMES, OWN_HOST, type RegistryName, useScenes } from "./support/registries.ts";

const createScene = useScenes();
const TAG = "manifests/1";

/** Every way in to a registry, as a URL of what is asked of `owner/app`. */
const WAYS: Readonly<Record<string, (name: RegistryName, route: string) => string>> = {
  "by the host": (name, route) => `${OWN_HOST[name]}/v2/owner/app/${route}`,
  "by ns": (name, route) => `/v2/owner/app/${route}?ns=${name}`,
  "in front of the name": (name, route) => `/v2/${name}/owner/app/${route}`,
};
const EACH = NAMES.flatMap((name) => Object.keys(WAYS).map((way) => [name, way] as const));

function url(way: string, name: RegistryName, route: string): string {
  return WAYS[way]?.(name, route) ?? "";
}

function handshake(name: RegistryName): string[] {
  return [`${name} registry GET /v2/`, `${name} auth GET /token`];
}

describe.each(EACH)("%s, named %s,", (name, way) => {
  it("[R1] is the one that is asked for a tag", async () => {
    const { mirror, calls } = createScene();
    const answer = await mirror.get(url(way, name, TAG));
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(MANIFEST[name].text);
    expect(calls()).toEqual([
      ...handshake(name),
      `${name} registry HEAD /v2/owner/app/manifests/1`,
      `${name} registry GET /v2/owner/app/manifests/${MANIFEST[name].digest}`,
    ]);
  });

  it.each(["GET", "HEAD"])("[R1] is the one that is asked by %s, for whatever", async (method) => {
    const { mirror, calls } = createScene();
    const { digest } = MANIFEST[name];
    for (const route of [
      `manifests/${digest}`,
      `blobs/${LAYER.digest}`,
      "tags/list",
      `referrers/${digest}`,
    ]) {
      const path = url(way, name, route);
      const answer = await (method === "GET" ? mirror.get(path) : mirror.head(path));
      expect(answer.status, route).toBe(200);
    }
    const asked = calls();
    expect(asked.filter((call) => !call.startsWith(`${name} `))).toEqual([]);
    expect(asked.filter((call) => call.includes(" storage "))).toHaveLength(1);
  });

  it("[R1] does not matter once any way has been taken", async () => {
    const { mirror, calls } = createScene();
    const paths = Object.keys(WAYS).map((other) => url(other, name, TAG));
    await mirror.warm(url(way, name, TAG));
    calls();
    for (const path of paths) expect((await mirror.get(path)).text).toBe(MANIFEST[name].text);
    mirror.restart("elsewhere");
    for (const path of paths) expect((await mirror.get(path)).text).toBe(MANIFEST[name].text);
    expect(calls()).toEqual([]);
    expect(mirror.kv.written()).toEqual([]);
  });

  it("[R1] is asked once for all of the ways at a time", async () => {
    const { mirror, calls } = createScene();
    await mirror.warm(url(way, name, "tags/list"));
    calls();
    await Promise.all(Object.keys(WAYS).map((other) => mirror.get(url(other, name, TAG))));
    expect(calls()).toHaveLength(2);
  });

  it("[R1] is the only one that is asked for what it does not have", async () => {
    const { mirror, calls } = createScene();
    const answer = await mirror.get(url(way, name, "manifests/none"));
    expect(answer.error?.code).toBe("MANIFEST_UNKNOWN");
    expect(calls()).toEqual([
      ...handshake(name),
      `${name} registry HEAD /v2/owner/app/manifests/none`,
    ]);
  });
});

describe("what names no registry", () => {
  it.each([
    "https://mirror.example.com",
    "https://mirror.example.com:444",
    "https://sampan.you.workers.dev",
    "https://ghcr.example.com",
    "https://ghcr.example.com:8444",
    "https://ghcr.io",
    "https://127.0.0.1",
    "https://[::1]",
  ])("[R1] is for UPSTREAM: %s", async (origin) => {
    const { mirror, calls } = createScene();
    const answer = await mirror.get(`${origin}/v2/owner/app/${TAG}`);
    expect(answer.text).toBe(MANIFEST["docker.io"].text);
    expect(calls().every((call) => call.startsWith("docker.io "))).toBe(true);
  });
});

describe("a host of the mirror's own", () => {
  it.each([
    ["quay.example.com", "https://quay.example.com"],
    ["quay.example.com", "https://quay.example.com:8443"],
    ["quay.example.com", "https://QUAY.Example.COM"],
    ["QUAY.example.com", "https://quay.example.com"],
    ["quay.example.com:443", "https://quay.example.com"],
    ["quay.example.com:8443", "https://quay.example.com:8443"],
    ["镜像.example.com", "https://镜像.example.com"],
    ["127.0.0.2", "https://127.0.0.2:5000"],
    ["[::1]", "https://[::1]:5000"],
    ["[::1]:5000", "https://[::1]:5000"],
  ])("[R2] in the table as %s is the one of %s", async (host, origin) => {
    const { mirror } = createScene({ env: { HOSTS: { [host]: "quay.io" } } });
    const answer = await mirror.get(`${origin}/v2/owner/app/${TAG}`);
    expect(answer.text).toBe(MANIFEST["quay.io"].text);
  });

  it("[R2] with its port goes before the one without", async () => {
    const HOSTS = { "a.example.com": "quay.io", "a.example.com:8443": "ghcr.io" };
    const { mirror } = createScene({ env: { HOSTS } });
    const [plain, port] = [
      await mirror.get(`https://a.example.com/v2/owner/app/${TAG}`),
      await mirror.get(`https://a.example.com:8443/v2/owner/app/${TAG}`),
    ];
    expect([plain.text, port.text]).toEqual([MANIFEST["quay.io"].text, MANIFEST["ghcr.io"].text]);
  });

  it("[R2] may be for UPSTREAM by any of its names", async () => {
    const HOSTS = { "quay.example.com": "registry-1.docker.io" };
    const { mirror } = createScene({ env: { HOSTS } });
    const answer = await mirror.get(`https://quay.example.com/v2/app/${TAG}`);
    expect(answer.text).toBe(MANIFEST["docker.io"].text);
  });

  it.each([
    [`/v2/ghcr.io/owner/app/${TAG}`],
    [`/v2/owner/app/${TAG}?ns=ghcr.io`],
    [`/v2/ghcr.io/owner/app/${TAG}?ns=ghcr.io`],
    [`/v2/ghcr.io/owner/app/${TAG}?ns=GHCR.IO&ns=ghcr.io`],
  ])("[R2] gives way to a registry that is named: %s", async (path) => {
    const { mirror, calls } = createScene();
    const answer = await mirror.get(`https://quay.example.com${path}`);
    expect(answer.text).toBe(MANIFEST["ghcr.io"].text);
    expect(calls().every((call) => call.startsWith("ghcr.io "))).toBe(true);
  });

  it("[R2] is what the request went to, whatever its headers say", async () => {
    const { mirror } = createScene();
    const headers = {
      "x-forwarded-host": "quay.example.com",
      "x-original-host": "quay.example.com",
      forwarded: "host=quay.example.com",
    };
    const answer = await mirror.get(`/v2/owner/app/${TAG}`, headers);
    expect(answer.text).toBe(MANIFEST["docker.io"].text);
  });
});

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
