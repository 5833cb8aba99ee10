import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import {
  accountsOf,
  LOGIN,
  logIn,
  MANIFEST,
  NAMES,
  OWN_HOST,
  privateHub,
  type RegistryName,
  type Scene,
  type SceneOptions,
  SECRET,
  useOtherRegistries,
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

/** Every `Authorization` of kind Basic that the hosts of a registry received. */
function loginsAt({ hubs }: Scene, name: RegistryName): string[] {
  const received = hubs[name].requests.flatMap(({ host, headers }) => {
    const value = headers.get("authorization") ?? "";
    return value.startsWith("Basic ") ? [`${host} ${atob(value.slice(6))}`] : [];
  });
  return [...new Set(received)];
}

/** A registry whose token service is elsewhere. */
function challenging(realm: string) {
  const challenge = { "www-authenticate": `Bearer realm="${realm}",service="x"` };
  return when({ path: /^\/v2\// }, () => status(401, challenge));
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
  it("[R6] is sent to its own token service only", async () => {
    const scene = createWithAccounts(["quay.io", "ghcr.io"], {
      PRIVATE_IMAGES: "public-only-account",
    });
    await askForEverything(scene, "owner/app");
    await askForEverything(scene, "secret/app");
    expect(loginsAt(scene, "docker.io")).toEqual([]);
    expect(loginsAt(scene, "quay.io")).toEqual(["auth user of quay.io:pass of quay.io"]);
    expect(loginsAt(scene, "ghcr.io")).toEqual(["auth user of ghcr.io:pass of ghcr.io"]);
    const written = JSON.stringify(scene.mirror.log) + (await scene.mirror.stored());
    expect(written).not.toMatch(/(pass|user) of /);
  });

  it("[R6] is UPSTREAM_USERNAME for UPSTREAM", async () => {
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

  it("[R6] may be that of docker.io in REGISTRY_ACCOUNTS", async () => {
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
  ])("[R6] [33] is not sent to a realm of another registry: %s", async (realm) => {
    const scene = createWithAccounts([...NAMES], { PRIVATE_IMAGES: "public-only-account" });
    scene.hubs["quay.io"].intercept(challenging(realm));
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

  it("[R6] [33a] [A6] is not used to ask another realm whether an image is public", async () => {
    const scene = createWithAccounts([...NAMES]);
    scene.hubs["quay.io"].intercept(challenging("https://auth.docker.io/token"));
    const answer = await scene.mirror.get("/v2/quay.io/secret/app/manifests/1");
    expect([answer.status, answer.error?.code]).toEqual([502, "UNAVAILABLE"]);
    expect(scene.calls()).toContain("docker.io auth GET /token");
    expect(NAMES.flatMap((name) => loginsAt(scene, name))).toEqual([]);
  });

  it.each([
    "https://ghcr.io/v2/secret/app/manifests/1",
    "https://ghcr.io/token?service=registry.docker.io&scope=repository:secret/app:pull",
    "https://registry-1.docker.io/v2/secret/app/manifests/1",
    "https://storage.ghcr.io/blob",
  ])("[R6] [21] and its token are not sent along a redirect: %s", async (location) => {
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
      const received = scene.hubs[name].requests.map(({ headers }) => headers.get("authorization"));
      expect(received.filter((value) => value !== null && quays.includes(value))).toEqual([]);
      expect(loginsAt(scene, name)).toEqual([]);
    }
  });

  it("[R6] [32] that is rejected is named by its setting, and not replaced by another", async () => {
    const env = {
      REGISTRY_ACCOUNTS: '{"quay.io":{"username":"a","password":"wrong pass of quay.io"}}',
    };
    const { mirror } = createScene({
      env: { ...env, PRIVATE_IMAGES: "public-only-account" },
      hubs: ALL,
    });
    const answer = await mirror.get("/v2/quay.io/owner/app/manifests/1");
    expect(answer.status).toBe(403);
    expect(answer.error?.message).toContain("quay.io");
    expect(answer.error?.message).toContain("REGISTRY_ACCOUNTS");
    expect((await mirror.get("/v2/ghcr.io/owner/app/manifests/1")).status).toBe(200);
  });
});

describe("private images", () => {
  it("[R7] [A6] need an account of their own registry", async () => {
    const { mirror } = createWithAccounts(["quay.io", "ghcr.io"]);
    for (const name of NAMES) {
      for (const route of ROUTES) {
        const answer = await mirror.get(`/v2/${name}/secret/app/${route}`);
        expect(answer.status, `${name} ${route}`).toBe(404);
        // Without an account the registry itself refuses: case 43 for referrers.
        const isRefused = name === "docker.io" && route.startsWith("referrers");
        expect(answer.error?.code).toBe(isRefused ? "MANIFEST_UNKNOWN" : "NAME_UNKNOWN");
      }
      expect((await mirror.get(`/v2/${name}/owner/app/manifests/1`)).status).toBe(200);
    }
  });

  it("[R7] [A6a] may be in library/ anywhere but at Docker Hub", async () => {
    const quay = {
      ...privateHub("quay.io"),
      privateRepositories: { "library/app": ["user of quay.io"] },
    };
    const { mirror } = createScene({ env: accountsOf("quay.io"), hubs: { "quay.io": quay } });
    expect((await mirror.get("/v2/quay.io/library/app/manifests/1")).status).toBe(404);
    expect((await mirror.get("/v2/docker.io/library/app/manifests/1")).status).toBe(200);
  });

  it("[R7] [A6e] of one registry may be public in another", async () => {
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

  it("[R7] [A6d] are served only from the registries with an account", async () => {
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

describe("a login", () => {
  const hubs = Object.fromEntries(NAMES.map((name) => [name, privateHub(name)]));

  /** Everybody's `secret/app` is for its own account alone. */
  function createWithLogins(): Scene {
    const scene = createScene({ env: LOGIN, hubs });
    for (const name of NAMES) scene.hubs[name].push("secret/app", "1", imageOf(MANIFEST[name]));
    return scene;
  }

  function logInAt({ mirror }: Scene, at: RegistryName, scope = "secret/app"): Promise<string> {
    return logIn(mirror, [`user of ${at}`, `pass of ${at}`], [scope], `${OWN_HOST[at]}/token`);
  }

  async function askWith({ mirror }: Scene, authorization: string, path: string) {
    return (await mirror.ask(path, { headers: { authorization } })).status;
  }

  it.each(NAMES)("[R9] is for the registry of the mirror's host: %s", async (name) => {
    const scene = createWithLogins();
    const token = await logInAt(scene, name);
    for (const other of NAMES) {
      const isIts = other === name;
      const by = (path: string) => askWith(scene, token, path);
      expect(await by(`${OWN_HOST[other]}/v2/secret/app/manifests/1`)).toBe(isIts ? 200 : 404);
      expect(await by(`/v2/secret/app/manifests/1?ns=${other}`)).toBe(isIts ? 200 : 404);
      expect(await by(`/v2/${other}/secret/app/blobs/${LAYER.digest}`)).toBe(isIts ? 200 : 404);
      expect(await by(`/v2/${other}/owner/app/manifests/1`)).toBe(200);
    }
  });

  it("[R9] is sent to that registry only, and so are its tokens", async () => {
    const scene = createWithLogins();
    const token = await logInAt(scene, "quay.io");
    for (const name of NAMES) {
      await askWith(scene, token, `/v2/${name}/secret/app/manifests/1`);
      await askWith(scene, token, `/v2/${name}/owner/app/tags/list`);
    }
    const shownAt = (name: RegistryName) =>
      scene.hubs[name].requests.map(({ headers }) => headers.get("authorization") ?? "");
    const granted = shownAt("quay.io").filter((value) => value.startsWith("Bearer "));
    for (const name of ["docker.io", "ghcr.io"] as const) {
      expect(shownAt(name).filter((value) => value.startsWith("Basic "))).toEqual([]);
      expect(scene.hubs[name].requests.length).toBeGreaterThan(0);
      expect(shownAt(name).filter((value) => granted.includes(value))).toEqual([]);
    }
    expect(shownAt("quay.io").filter((value) => value.startsWith("Basic "))).toHaveLength(1);
    expect(JSON.stringify(scene.mirror.log)).not.toContain("pass of");
  });

  it("[R9] with a password of another registry is rejected", async () => {
    const scene = createWithLogins();
    const wrong = ["user of ghcr.io", "pass of ghcr.io"] as const;
    await expect(
      logIn(scene.mirror, wrong, ["secret/app"], `${OWN_HOST["quay.io"]}/token`),
    ).rejects.toThrow("401");
  });

  it("[R9] requests no scope of another registry", async () => {
    const scene = createWithLogins();
    await logInAt(scene, "quay.io", "ghcr.io/secret/app");
    const scopes = scene.hubs["quay.io"].requests.flatMap(({ query }) => query.getAll("scope"));
    expect(scopes).toEqual([]);
    await logInAt(scene, "quay.io", "quay.io/secret/app");
    expect(scene.hubs["quay.io"].requests.at(-1)?.query.getAll("scope")).toEqual([
      "repository:secret/app:pull",
    ]);
  });

  it("[R9] of one registry does not open the images of its namesake at another", async () => {
    const namesake = { accounts: { ann: "same password" }, hasAccessClaims: true };
    const own = (mine: string[]) => ({ ...namesake, privateRepositories: { "secret/app": mine } });
    const scene = createScene({
      env: LOGIN,
      hubs: { "quay.io": own(["ann"]), "ghcr.io": own([]) },
    });
    for (const name of NAMES) scene.hubs[name].push("secret/app", "1", imageOf(MANIFEST[name]));
    const tokens = [];
    for (const name of ["quay.io", "ghcr.io"] as const) {
      const realm = `${OWN_HOST[name]}/token`;
      tokens.push(await logIn(scene.mirror, ["ann", "same password"], ["secret/app"], realm));
    }
    const [quay = "", ghcr = ""] = tokens;
    expect(await askWith(scene, quay, "/v2/quay.io/secret/app/manifests/1")).toBe(200);
    expect(await askWith(scene, ghcr, "/v2/ghcr.io/secret/app/manifests/1")).toBe(404);
    expect(await askWith(scene, ghcr, "/v2/quay.io/secret/app/manifests/1")).toBe(404);
  });
});

describe("lscr.io and ghcr.io, which share a token service,", () => {
  const createOther = useOtherRegistries();
  const BASIC = "Basic c2FtcGFuOmh1bnRlcjI=";

  /** A mirror of both; one of them has an account. */
  function createBoth(name: "lscr.io" | "ghcr.io") {
    const account = { [name]: { username: "sampan", password: "hunter2" } };
    const env = {
      REGISTRIES: { "ghcr.io": "https://ghcr.io" },
      REGISTRY_ACCOUNTS: JSON.stringify(account),
      PRIVATE_IMAGES: "public-only-account",
    };
    const mirror = createOther("lscr.io", env, { behind: { accounts: { sampan: "hunter2" } } });

    /** @returns the `Authorization` of each token request that a pull makes. */
    async function logins(registry: string): Promise<(string | null)[]> {
      const before = mirror.sent.length;
      const answer = await mirror.get(`/v2/${registry}/owner/app/manifests/1`);
      expect(answer.text).toBe(OCI_MANIFEST.text);
      const requests = mirror.sent.slice(before).filter(({ url }) => url.includes("/token?"));
      return requests.map(({ init }) => new Headers(init.headers).get("authorization"));
    }
    return { mirror, logins };
  }

  it("[R6] [R8] share neither the account of ghcr.io nor its token", async () => {
    const { mirror, logins } = createBoth("ghcr.io");
    expect(await logins("lscr.io")).toEqual([null, null]);
    expect(await logins("ghcr.io")).toEqual([BASIC]);
    mirror.restart("elsewhere");
    mirror.clock.advance(3_600);
    expect(await logins("lscr.io")).toEqual([null, null]);
  });

  it("[R6] [R8] share neither the account of lscr.io nor its token", async () => {
    const { mirror, logins } = createBoth("lscr.io");
    expect(await logins("ghcr.io")).toEqual([null]);
    expect(await logins("lscr.io")).toEqual([BASIC]);
    mirror.restart("elsewhere");
    mirror.clock.advance(3_600);
    expect(await logins("ghcr.io")).toEqual([null]);
  });

  it("[R8] have separate entries in KV", async () => {
    const { mirror, logins } = createBoth("ghcr.io");
    await logins("ghcr.io");
    expect(await mirror.stored()).not.toContain("lscr.io/owner");
    await logins("lscr.io");
    const keys = (await mirror.kv.keys()).filter((key) => key.startsWith("v2/manifest/"));
    expect(keys.sort()).toEqual([
      `v2/manifest/ghcr.io/owner/app/${OCI_MANIFEST.digest}`,
      `v2/manifest/lscr.io/owner/app/${OCI_MANIFEST.digest}`,
    ]);
  });
});
