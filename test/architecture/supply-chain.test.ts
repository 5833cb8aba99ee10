import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { VERSION } from "../../src/mirror/home.ts";
import { type Build, build, fromFolder } from "../../tools/release/build.ts";
import { foreignInputs } from "../../tools/release/provenance.ts";
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
  test("are for development alone, each in one exact version", () => {
    const kinds = Object.keys(manifest).filter((key) => /dependencies$/i.test(key));
    expect(kinds).toEqual(["devDependencies"]);
    const loose = Object.entries<string>(manifest.devDependencies).filter(
      ([, version]) => !EXACT.test(version),
    );
    expect(loose).toEqual([]);
  });

  test("are locked as they are declared", () => {
    expect(lock.packages[""].devDependencies).toEqual(manifest.devDependencies);
    for (const [name, version] of Object.entries(manifest.devDependencies)) {
      expect(lock.packages[`node_modules/${name}`].version, name).toBe(version);
    }
  });

  test("have a sha512 each, and come from npm's registry alone", () => {
    const { "": _, ...packages } = lock.packages as Record<string, Locked>;
    const odd = Object.entries(packages).filter(
      ([, { resolved, integrity = "", inBundle }]) =>
        (resolved !== undefined && !resolved.startsWith("https://registry.npmjs.org/")) ||
        // What another package brings along is covered by its sha512.
        (inBundle !== true && !integrity.startsWith("sha512-")),
    );
    expect(Object.keys(packages).length).toBeGreaterThan(50);
    expect(odd.map(([path]) => path)).toEqual([]);
  });

  test("run no script on installation but those that package.json allows", () => {
    const scripted = Object.entries<{ readonly hasInstallScript?: boolean }>(lock.packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path.replace(/^.*node_modules\//, ""));
    expect([...new Set(scripted)].sort()).toEqual(Object.keys(manifest.allowScripts).sort());
  });
});

describe("what is deployed", () => {
  let first: Build;
  let second: Build;
  beforeAll(() => {
    first = build(fromFolder);
    second = build(fromFolder);
  });

  test("is made of src/ alone, so no other licence than the project's own ships", () => {
    const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
    expect(first.inputs.length).toBeGreaterThan(sources.length / 2);
    expect(foreignInputs(first)).toEqual([]);
    expect(foreignInputs({ inputs: ["src/a.ts", "node_modules/b/c.js"] })).toEqual([
      "node_modules/b/c.js",
    ]);
    expect(manifest.license).toBe("MIT");
    expect(readOwn("LICENSE")).toMatch(/^MIT License\n/);
  });

  test("is the same, byte for byte, whichever folder it is built in", () => {
    expect(second).toEqual(first);
    expect(first.sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});

test("the page shows the version of package.json, and so does the lockfile", () => {
  expect(VERSION).toBe(manifest.version);
  expect([lock.version, lock.packages[""].version]).toEqual([manifest.version, manifest.version]);
});
