import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Build, build, foreignInputs, fromFolder } from "../../tools/release/build.ts";
import { RELEASE_FILES } from "../../tools/release/version.ts";
import { ROOT, readOwn } from "../support/repository.ts";

const manifest = JSON.parse(readOwn("package.json"));
const lock = JSON.parse(readOwn("package-lock.json"));
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

interface Locked {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly inBundle?: boolean;
}

describe("dependencies", () => {
  const { devDependencies } = manifest;

  test("are for development only, each in one exact version", () => {
    const kinds = Object.keys(manifest).filter((key) => /dependencies$/i.test(key));
    expect(kinds).toEqual(["devDependencies"]);
    const versions = Object.values<string>(devDependencies);
    expect(versions.filter((version) => !EXACT.test(version))).toEqual([]);
  });

  test("are locked as they are declared", () => {
    expect(lock.packages[""].devDependencies).toEqual(devDependencies);
    for (const [name, version] of Object.entries(devDependencies)) {
      expect(lock.packages[`node_modules/${name}`].version, name).toBe(version);
    }
  });

  test("have a sha512 each, and come from npm's registry only", () => {
    const { "": _, ...packages } = lock.packages as Record<string, Locked>;
    const odd = Object.entries(packages).filter(
      ([, { resolved, integrity = "", inBundle }]) =>
        (resolved !== undefined && !resolved.startsWith("https://registry.npmjs.org/")) ||
        // A package bundled in another one is covered by that one's sha512.
        (inBundle !== true && !integrity.startsWith("sha512-")),
    );
    expect(Object.keys(packages).length).toBeGreaterThan(50);
    expect(odd.map(([path]) => path)).toEqual([]);
  });

  test("run no install script except those that package.json allows", () => {
    const scripted = Object.entries<{ readonly hasInstallScript?: boolean }>(lock.packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path.replace(/^.*node_modules\//, ""));
    expect([...new Set(scripted)].sort()).toEqual(Object.keys(manifest.allowScripts).sort());
  });

  test("have an update policy each in docs/releasing.md", () => {
    const [, policy = ""] = readOwn("docs/releasing.md").split("## Dependencies\n");
    const missing = Object.keys(devDependencies).filter((name) => !policy.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });

  test("have Node and its types in one major version, which .node-version names", () => {
    const major = (name: string) => devDependencies[name].split(".")[0];
    expect(major("@types/node")).toBe(major("node"));
    expect(readOwn(".node-version").trim()).toBe(major("node"));
  });
});

describe("the bundle", () => {
  let first: Build;
  let second: Build;
  beforeAll(() => {
    first = build(fromFolder);
    second = build(fromFolder);
  });

  test("contains only src/ and the version, so that only the project's own license ships", () => {
    const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
    expect(first.inputs.length).toBeGreaterThan(sources.length / 2);
    expect(foreignInputs(first)).toEqual([]);
    expect(foreignInputs({ inputs: ["src/a.ts", "package.json", "node_modules/b/c.js"] })).toEqual([
      "node_modules/b/c.js",
    ]);
    expect(manifest.license).toBe("MIT");
    expect(readOwn("LICENSE")).toMatch(/^MIT License\n/);
  });

  test("is the same, byte for byte, in whichever folder it is built", () => {
    expect(second).toEqual(first);
    expect(first.sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("the version of package.json", () => {
  const { version } = manifest;

  test("is that of the lockfile and of the newest release in CHANGELOG.md", () => {
    expect([lock.version, lock.packages[""].version]).toEqual([version, version]);
    const headings = readOwn("CHANGELOG.md").match(/^## .*/gm);
    expect(headings?.slice(0, 2)).toEqual(["## Unreleased", `## ${version}`]);
  });

  test("is where a release replaces it", () => {
    for (const { path, rewrite } of RELEASE_FILES.filter(({ path }) => path.endsWith(".json"))) {
      expect(rewrite(readOwn(path), version, "99.88.77")).toContain('"version": "99.88.77",\n');
    }
  });
});
