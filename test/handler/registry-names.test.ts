import { describe, expect, it } from "vitest";
import { LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { looks, MANIFEST, OWN_HOST, SECRET, useScenes } from "../support/mirror/scenarios.ts";

const createScene = useScenes();
const TAG = "manifests/1";

/** What somebody could write who wants the mirror to go elsewhere. */
const ELSEWHERE = [
  "example.com",
  "gcr.io",
  "localhost",
  "localhost:8787",
  "127.0.0.1",
  "127.0.0.1:80",
  "127.1",
  "0.0.0.0",
  "0x7f.0.0.1",
  "2130706433.",
  "10.0.0.1",
  "192.168.0.1:5000",
  "169.254.169.254",
  "metadata.google.internal",
  "[::1]",
  "[::ffff:169.254.169.254]",
  "[fe80::1%25eth0]",
  "mirror.example.com",
  "quay.example.com",
  "auth.quay.io",
  "storage.quay.io",
  "quay.io.",
  ".quay.io",
  "quay.io:443",
  "quay.io:80",
  "quay.io.example.com",
  "example.com:quay.io",
  "quay.io@example.com",
  "quay.io:x@example.com",
  "quay.io%23example.com",
  "quay.io%3Fexample.com",
  "quay.io%5Cexample.com",
  "quay.io%20",
  "%20quay.io",
  "quay.io%00",
  "quay.io%0d%0aHost:%20example.com",
  "quay%2Eio%2Eexample.com",
  "quay%252Eio",
  "quay。io",
  "ｑuay.io",
  "doc%E2%84%AAer.io",
  "quay.%C4%B0o",
  "*.quay.io",
  "*.",
  "__proto__.",
  "constructor:",
];

describe("the name of a registry", () => {
  it.each([
    "/v2/QUAY.IO/owner/app/manifests/1",
    "/v2/owner/app/manifests/1?ns=Quay.io",
    "/v2/qua%79.io/owner/app/manifests/1",
    "/v2/owner/app/manifests/1?ns=qua%79.io",
    "https://mirror.example.com/v2/Quay.Io/owner/app/manifests/1?ns=quay.IO",
  ])("[R2] is case-insensitive: %s", async (path) => {
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
    "[R2] may be any name of Docker Hub: %s",
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
  ])("[R4] is added to a bare name of Docker Hub: %s", async (path) => {
    const { mirror, calls } = createScene();
    expect((await mirror.get(path)).status).toBe(200);
    expect(calls()).toContain("docker.io registry HEAD /v2/library/app/manifests/1");
  });

  it.each([
    "https://quay.example.com/v2/app/manifests/1",
    "/v2/quay.io/app/manifests/1",
    "/v2/app/manifests/1?ns=quay.io",
  ])("[R4] is not added for other registries: %s", async (path) => {
    const { mirror, hubs, calls } = createScene();
    expect((await mirror.get(path)).error?.code).toBe("NAME_UNKNOWN");
    expect(calls()).toContain("quay.io registry HEAD /v2/app/manifests/1");
    expect(hubs["quay.io"].count({ path: /library/ })).toBe(0);
  });

  it("[R4] is added for Docker Hub if it is not UPSTREAM", async () => {
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

  it("[R4] is added for the registry configured as docker.io", async () => {
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
    "[R5] repeats the ns of the request: %s",
    async (namespace) => {
      const { mirror } = createScene();
      for (const route of [TAG, "tags/list", `blobs/${LAYER.digest}`, "manifests/none"]) {
        const answer = await mirror.get(`/v2/owner/app/${route}?ns=${namespace}`);
        expect(answer.headers.get("oci-namespace")).toBe(namespace);
      }
    },
  );

  it("[R5] is missing without ns, and with an unknown one", async () => {
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

  it("[R5] is not sent upstream, and not part of a key", async () => {
    const { mirror, hubs } = createScene();
    await mirror.get(`/v2/owner/app/${TAG}?ns=quay.io`);
    await mirror.get("/v2/owner/app/tags/list?n=5&ns=quay.io");
    const queries = hubs["quay.io"].requests.map(({ query }) => query.toString());
    expect(queries.filter((query) => query.includes("ns="))).toEqual([]);
    expect(queries.at(-1)).toBe("n=5");
    expect(await mirror.stored()).not.toContain("ns=");
  });
});

describe.each(ELSEWHERE)("%s", (host) => {
  it.each([
    "manifests/1",
    `blobs/${LAYER.digest}`,
    "tags/list",
    `referrers/${OCI_MANIFEST.digest}`,
  ])("[R3] is NAME_UNKNOWN or NAME_INVALID in front of a name, for %s", async (route) => {
    const { mirror, calls } = createScene();
    for (const origin of Object.values(OWN_HOST)) {
      const answer = await mirror.get(`${origin}/v2/${host}/owner/app/${route}`);
      expect([400, 404]).toContain(answer.status);
      expect(answer.error?.code).toMatch(/^NAME_(UNKNOWN|INVALID)$/);
      expect((await mirror.head(`${origin}/v2/${host}/owner/app/${route}`)).status).toBe(
        answer.status,
      );
    }
    expect(calls()).toEqual([]);
  });

  it("[R3] [7] is NAME_UNKNOWN as ns", async () => {
    const { mirror, calls } = createScene();
    for (const path of [
      `/v2/owner/app/manifests/1?ns=${host}`,
      `/v2/owner/app/manifests/1?ns=https://${host}`,
      `/v2/owner/app/manifests/1?ns=${host}/`,
      `/v2/owner/app/manifests/1?ns=${host}&ns=quay.io`,
      `/v2/owner/app/manifests/1?ns=quay.io&ns=${host}`,
      `/v2/quay.io/owner/app/manifests/1?ns=${host}`,
      `${OWN_HOST["quay.io"]}/v2/owner/app/manifests/1?ns=${host}`,
    ]) {
      const answer = await mirror.get(path);
      expect(answer.status, path).toBe(404);
      expect(answer.error?.code).toBe("NAME_UNKNOWN");
      expect((await mirror.head(path)).status).toBe(404);
    }
    expect(calls()).toEqual([]);
  });
});

describe("a registry that is not configured", () => {
  it("[R3] is named in a short error, with the configured ones", async () => {
    const { mirror } = createScene();
    const answer = await mirror.get("/v2/gcr.io/owner/app/manifests/1");
    expect(answer.error?.message).toBe(
      'owner/app: registry "gcr.io" is not configured here (available: docker.io, quay.io, ghcr.io)',
    );
    const long = await mirror.get(`/v2/owner/app/manifests/1?ns=${"a.".repeat(2_000)}`);
    expect(long.error?.message.length).toBeLessThan(250);
  });

  it.each(["%20", "docker", "quay", "library", "https://quay.io", "quay.io/", "/quay.io"])(
    "[R3] [7] is NAME_UNKNOWN: ns=%s",
    async (namespace) => {
      const { mirror, calls } = createScene();
      const answer = await mirror.get(`/v2/owner/app/manifests/1?ns=${namespace}`);
      expect(answer.error?.code).toBe("NAME_UNKNOWN");
      expect(calls()).toEqual([]);
    },
  );

  it.each(["quay.io", "ghcr.io"])(
    "[R3] [5] [7] is any but UPSTREAM without REGISTRIES: %s",
    async (name) => {
      const { mirror, calls } = createScene({ env: { REGISTRIES: {}, HOSTS: {} } });
      for (const path of [
        `/v2/${name}/owner/app/tags/list`,
        `/v2/owner/app/tags/list?ns=${name}`,
      ]) {
        expect((await mirror.get(path)).error?.code).toBe("NAME_UNKNOWN");
      }
      expect(calls()).toEqual([]);
    },
  );

  it("[R3] may be Docker Hub", async () => {
    const { mirror, calls } = createScene({
      env: { UPSTREAM: "https://quay.io", REGISTRIES: {}, HOSTS: {} },
    });
    for (const path of ["/v2/docker.io/app/tags/list", "/v2/library/app/tags/list?ns=docker.io"]) {
      expect((await mirror.get(path)).error?.code).toBe("NAME_UNKNOWN");
    }
    expect(calls()).toEqual([]);
  });
});

describe("two registries in one request", () => {
  it.each([
    "/v2/quay.io/owner/app/manifests/1?ns=ghcr.io",
    "/v2/quay.io/owner/app/manifests/1?ns=docker.io",
    "/v2/docker.io/owner/app/manifests/1?ns=quay.io",
    "/v2/owner/app/manifests/1?ns=quay.io&ns=ghcr.io",
    "/v2/owner/app/manifests/1?ns=docker.io&ns=ghcr.io",
    "/v2/quay.io/owner/app/manifests/1?ns=quay.io&ns=ghcr.io",
    "https://quay.example.com/v2/docker.io/owner/app/manifests/1?ns=quay.io",
  ])("[R3] are NAME_UNKNOWN: %s", async (path) => {
    const { mirror, calls } = createScene();
    const answer = await mirror.get(path);
    expect(answer.status).toBe(404);
    expect(answer.error?.code).toBe("NAME_UNKNOWN");
    expect(answer.error?.message).toContain("the request names two registries");
    expect((await mirror.head(path)).status).toBe(404);
    expect(calls()).toEqual([]);
  });

  it.each([
    "/v2/quay.io/ghcr.io/owner/app/manifests/1",
    "/v2/docker.io/docker.io/owner/app/manifests/1",
    "/v2/docker.io/evil.example/app/tags/list",
    "https://quay.example.com/v2/quay.io/localhost/app/manifests/1",
  ])("[R3] in front of the name are NAME_UNKNOWN: %s", async (path) => {
    const { mirror, calls } = createScene();
    const answer = await mirror.get(path);
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
    expect(answer.error?.message).toContain("the request names two registries");
    expect(calls()).toEqual([]);
  });
});

describe("a locked mirror without the secret", () => {
  const LOCKED = { ACCESS_PATHS: `office=${SECRET}` };

  it.each(["quay.io", "gcr.io"])("[R3] [A1c] does not reveal its registries: %s", async (name) => {
    const { mirror, calls } = createScene({ env: LOCKED });
    for (const path of [
      `/v2/${name}/owner/app/manifests/1`,
      `/v2/owner/app/manifests/1?ns=${name}`,
      "https://quay.example.com/v2/owner/app/manifests/1",
    ]) {
      const answer = await looks(mirror, path);
      expect(answer).toEqual(await looks(mirror, "/nothing"));
      expect(answer.status).toBe(404);
    }
    expect(calls()).toEqual([]);
  });
});
