import { describe, expect, it } from "vitest";
import { imageOf, LAYER } from "../support/contents.ts";
import {
  LOGIN,
  logIn,
  MANIFEST,
  NAMES,
  OWN_HOST,
  privateHub,
  type RegistryName,
  type Scene,
  useScenes,
} from "../support/mirror/scenarios.ts";

const createScene = useScenes();

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

  it.each(NAMES)("[R9] is one of the registry that the mirror's host is for: %s", async (name) => {
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

  it("[R9] is shown to that registry alone, and so is what it grants", async () => {
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

  it("[R9] with another registry's password is refused", async () => {
    const scene = createWithLogins();
    const wrong = ["user of ghcr.io", "pass of ghcr.io"] as const;
    await expect(
      logIn(scene.mirror, wrong, ["secret/app"], `${OWN_HOST["quay.io"]}/token`),
    ).rejects.toThrow("401");
  });

  it("[R9] asks for nothing at its registry that is another's", async () => {
    const scene = createWithLogins();
    await logInAt(scene, "quay.io", "ghcr.io/secret/app");
    const scopes = scene.hubs["quay.io"].requests.flatMap(({ query }) => query.getAll("scope"));
    expect(scopes).toEqual([]);
    await logInAt(scene, "quay.io", "quay.io/secret/app");
    expect(scene.hubs["quay.io"].requests.at(-1)?.query.getAll("scope")).toEqual([
      "repository:secret/app:pull",
    ]);
  });

  it("[R9] what one account of one registry saw, its namesake at another does not", async () => {
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
