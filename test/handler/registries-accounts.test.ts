import { describe, expect, it } from "vitest";
import { imageOf, LAYER } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import {
  accountsOf,
  MANIFEST,
  NAMES,
  OWN_HOST,
  privateHub,
  type RegistryName,
  type Scene,
  type SceneOptions,
  SECRET,
  useScenes,
} from "../support/mirror/scenarios.ts";

const createScene = useScenes();
const ROUTES = [
  "manifests/1",
  `blobs/${LAYER.digest}`,
  "tags/list",
  `referrers/${MANIFEST["quay.io"].digest}`,
];
const ALL = {
  "docker.io": privateHub("docker.io"),
  "quay.io": privateHub("quay.io"),
  "ghcr.io": privateHub("ghcr.io"),
};

/** A mirror with accounts; every registry knows its own, and has `secret/app` for it alone. */
function createWithAccounts(names: readonly RegistryName[], env: object = {}): Scene {
  const options: SceneOptions = { env: { ...accountsOf(...names), ...env }, hubs: ALL };
  const scene = createScene(options);
  for (const name of NAMES) scene.hubs[name].push("secret/app", "1", imageOf(MANIFEST[name]));
  return scene;
}

/** Every `Authorization` of kind Basic that a registry's hosts were shown. */
function loginsAt({ hubs }: Scene, name: RegistryName): string[] {
  const shown = hubs[name].requests.flatMap(({ host, headers }) => {
    const value = headers.get("authorization") ?? "";
    return value.startsWith("Basic ") ? [`${host} ${atob(value.slice(6))}`] : [];
  });
  return [...new Set(shown)];
}

/** Every way to ask each registry for everything. */
async function askForEverything({ mirror }: Scene, repository: string): Promise<void> {
  for (const name of NAMES) {
    for (const route of ROUTES) {
      await mirror.get(`/v2/${name}/${repository}/${route}`);
      await mirror.head(`/v2/${repository}/${route}?ns=${name}`);
      await mirror.get(`${OWN_HOST[name]}/v2/${repository}/${route}`);
    }
  }
}

describe("the account of a registry", () => {
  it("[R6] is shown to its own token service, and no other host of any", async () => {
    const scene = createWithAccounts(["quay.io", "ghcr.io"], {
      PRIVATE_IMAGES: "public-only-account",
    });
    await askForEverything(scene, "owner/app");
    await askForEverything(scene, "secret/app");
    expect(loginsAt(scene, "docker.io")).toEqual([]);
    expect(loginsAt(scene, "quay.io")).toEqual(["auth user of quay.io:pass of quay.io"]);
    expect(loginsAt(scene, "ghcr.io")).toEqual(["auth user of ghcr.io:pass of ghcr.io"]);
    const told = JSON.stringify(scene.mirror.log) + (await scene.mirror.stored());
    expect(told).not.toMatch(/(pass|user) of /);
  });

  it("[R6] is UPSTREAM's own where UPSTREAM_USERNAME says so", async () => {
    const scene = createWithAccounts(["ghcr.io"], {
      UPSTREAM_USERNAME: "user of docker.io",
      UPSTREAM_PASSWORD: "pass of docker.io",
      PRIVATE_IMAGES: "public-only-account",
    });
    await askForEverything(scene, "owner/app");
    expect(loginsAt(scene, "docker.io")).toEqual(["auth user of docker.io:pass of docker.io"]);
    expect(loginsAt(scene, "quay.io")).toEqual([]);
    expect(loginsAt(scene, "ghcr.io")).toEqual(["auth user of ghcr.io:pass of ghcr.io"]);
  });

  it("[R6] may stand for docker.io in the same secret", async () => {
    const scene = createWithAccounts(["docker.io"], { PRIVATE_IMAGES: "public-only-account" });
    await askForEverything(scene, "owner/app");
    expect(loginsAt(scene, "docker.io")).toEqual(["auth user of docker.io:pass of docker.io"]);
  });

  it.each([
    "https://auth.ghcr.io/token",
    "https://auth.docker.io/token",
    "https://quay.io.ghcr.io/token",
    "https://auth.example.com/token",
    "http://auth.quay.io/token",
    "https://127.0.0.1/token",
    "https://169.254.169.254/token",
    "https://localhost/token",
    "https://quay.io@ghcr.io/token",
  ])("[R6] [32] is not shown to a realm that is not its own: %s", async (realm) => {
    const scene = createWithAccounts([...NAMES]);
    const challenge = { "www-authenticate": `Bearer realm="${realm}",service="x"` };
    scene.hubs["quay.io"].intercept(when({ path: /^\/v2\// }, () => status(401, challenge)));
    for (const path of [
      "/v2/quay.io/secret/app/manifests/1",
      "/v2/secret/app/tags/list?ns=quay.io",
    ]) {
      const answer = await scene.mirror.get(path);
      expect(answer.status).toBe(502);
      expect(answer.error?.code).toBe("UNAVAILABLE");
    }
    expect(NAMES.flatMap((name) => loginsAt(scene, name))).toEqual([]);
    expect(scene.calls().filter((call) => !call.startsWith("quay.io registry "))).toEqual([]);
  });

  it.each([
    "https://ghcr.io/v2/secret/app/manifests/1",
    "https://auth.ghcr.io/token?service=registry.docker.io&scope=repository:secret/app:pull",
    "https://registry-1.docker.io/v2/secret/app/manifests/1",
    "https://storage.ghcr.io/blob",
  ])("[R6] [19] nor its token along a redirect: %s", async (location) => {
    const scene = createWithAccounts([...NAMES], { PRIVATE_IMAGES: "public-only-account" });
    scene.hubs["quay.io"].intercept(
      when({ path: /\/(manifests|blobs|tags|referrers)\// }, () => status(307, { location })),
    );
    for (const route of ROUTES) await scene.mirror.get(`/v2/quay.io/secret/app/${route}`);
    expect(loginsAt(scene, "quay.io")).toEqual(["auth user of quay.io:pass of quay.io"]);
    for (const name of ["docker.io", "ghcr.io"] as const) {
      const quays = scene.hubs["quay.io"].requests.map(({ headers }) =>
        headers.get("authorization"),
      );
      const shown = scene.hubs[name].requests.map(({ headers }) => headers.get("authorization"));
      expect(shown.filter((value) => value !== null && quays.includes(value))).toEqual([]);
      expect(loginsAt(scene, name)).toEqual([]);
    }
  });

  it("[R6] [31] that is refused is named by its secret, and never replaced by another", async () => {
    const env = {
      REGISTRY_ACCOUNTS: '{"quay.io":{"username":"a","password":"wrong pass of quay.io"}}',
    };
    const { mirror } = createScene({
      env: { ...env, PRIVATE_IMAGES: "public-only-account" },
      hubs: ALL,
    });
    const answer = await mirror.get("/v2/quay.io/owner/app/manifests/1");
    expect(answer.status).toBe(502);
    expect(answer.error?.message).toContain("auth.quay.io");
    expect(answer.error?.message).toContain("REGISTRY_ACCOUNTS");
    expect((await mirror.get("/v2/ghcr.io/owner/app/manifests/1")).status).toBe(200);
  });
});

describe("private images", () => {
  it("[R7] [A6] are each registry's own: an account of one opens nothing", async () => {
    const { mirror } = createWithAccounts(["quay.io", "ghcr.io"]);
    for (const name of NAMES) {
      for (const route of ROUTES) {
        const answer = await mirror.get(`/v2/${name}/secret/app/${route}`);
        expect(answer.status, `${name} ${route}`).toBe(404);
        expect(answer.error?.code).toBe("NAME_UNKNOWN");
      }
      expect((await mirror.get(`/v2/${name}/owner/app/manifests/1`)).status).toBe(200);
    }
  });

  it("[R7] [A6a] may be called library/ anywhere but at Docker Hub", async () => {
    const quay = {
      ...privateHub("quay.io"),
      privateRepositories: { "library/app": ["user of quay.io"] },
    };
    const { mirror } = createScene({ env: accountsOf("quay.io"), hubs: { "quay.io": quay } });
    expect((await mirror.get("/v2/quay.io/library/app/manifests/1")).status).toBe(404);
    expect((await mirror.get("/v2/docker.io/library/app/manifests/1")).status).toBe(200);
  });

  it("[R7] [A6e] that are public in one registry are not in another", async () => {
    const quay = {
      ...privateHub("quay.io"),
      privateRepositories: { "owner/app": ["user of quay.io"] },
    };
    const env = accountsOf("quay.io", "ghcr.io");
    const { mirror } = createScene({ env, hubs: { ...ALL, "quay.io": quay } });
    for (const where of ["here", "elsewhere"] as const) {
      expect((await mirror.get("/v2/ghcr.io/owner/app/manifests/1")).status).toBe(200);
      expect((await mirror.get("/v2/quay.io/owner/app/manifests/1")).status).toBe(404);
      mirror.restart(where);
    }
  });

  it("[R7] [A6d] are served from the registries alone that have an account", async () => {
    const env = { PRIVATE_IMAGES: "allow", ACCESS_PATHS: `office=${SECRET}` };
    const { mirror } = createWithAccounts(["quay.io"], env);
    const quay = await mirror.get(`/${SECRET}/v2/quay.io/secret/app/manifests/1`);
    expect(quay.text).toBe(MANIFEST["quay.io"].text);
    for (const name of ["docker.io", "ghcr.io"]) {
      const answer = await mirror.get(`/${SECRET}/v2/${name}/secret/app/manifests/1`);
      expect(answer.error?.code).toBe("NAME_UNKNOWN");
    }
  });
});
