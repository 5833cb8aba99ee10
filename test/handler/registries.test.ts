import { describe, expect, it } from "vitest";
import { LAYER } from "../support/contents.ts";
import {
  MANIFEST,
  NAMES,
  OWN_HOST,
  type RegistryName,
  useScenes,
} from "../support/mirror/scenarios.ts";

const createScene = useScenes();
const TAG = "manifests/1";

/** Every way to name a registry, as the URL of a request for `owner/app`. */
const WAYS: Readonly<Record<string, (name: RegistryName, route: string) => string>> = {
  "by the host": (name, route) => `${OWN_HOST[name]}/v2/owner/app/${route}`,
  "by the host with a dot at its end": (name, route) =>
    `${OWN_HOST[name].replace(/(:\d+)?$/, ".$1")}/v2/owner/app/${route}`,
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

describe.each(EACH)("%s, requested %s,", (name, way) => {
  it("[R1] is asked for a tag", async () => {
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

  it.each(["GET", "HEAD"])("[R1] is asked by %s for everything else", async (method) => {
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

  it("[R1] has the same cache entries in every way", async () => {
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

  it("[R1] is asked once for all ways at the same time", async () => {
    const { mirror, calls } = createScene();
    await mirror.warm(url(way, name, "tags/list"));
    calls();
    await Promise.all(Object.keys(WAYS).map((other) => mirror.get(url(other, name, TAG))));
    expect(calls()).toHaveLength(2);
  });

  it("[R1] is the only one that is asked for a missing tag", async () => {
    const { mirror, calls } = createScene();
    const answer = await mirror.get(url(way, name, "manifests/none"));
    expect(answer.error?.code).toBe("MANIFEST_UNKNOWN");
    expect(calls()).toEqual([
      ...handshake(name),
      `${name} registry HEAD /v2/owner/app/manifests/none`,
    ]);
  });
});

describe("a host without a registry", () => {
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

describe("a host in HOSTS", () => {
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
  ])("[R2] %s matches %s", async (host, origin) => {
    const { mirror } = createScene({ env: { HOSTS: { [host]: "quay.io" } } });
    const answer = await mirror.get(`${origin}/v2/owner/app/${TAG}`);
    expect(answer.text).toBe(MANIFEST["quay.io"].text);
  });

  it("[R2] with a port takes precedence over one without", async () => {
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
  ])("[R2] gives precedence to a named registry: %s", async (path) => {
    const { mirror, calls } = createScene();
    const answer = await mirror.get(`https://quay.example.com${path}`);
    expect(answer.text).toBe(MANIFEST["ghcr.io"].text);
    expect(calls().every((call) => call.startsWith("ghcr.io "))).toBe(true);
  });

  it("[R2] is the host of the URL, whatever the headers are", async () => {
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
