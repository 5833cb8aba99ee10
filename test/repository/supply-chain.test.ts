import { execSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Build, build, foreignInputs, fromFolder } from "../../tools/release/build.ts";
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
  const { devDependencies, optionalDependencies } = manifest;
  const declared: Record<string, string> = { ...devDependencies, ...optionalDependencies };

  test("are for development only, each in one exact version", () => {
    const kinds = Object.keys(manifest).filter((key) => /dependencies$/i.test(key));
    expect(kinds).toEqual(["devDependencies", "optionalDependencies"]);
    expect(Object.values(declared).filter((version) => !EXACT.test(version))).toEqual([]);
  });

  test("are locked as they are declared", () => {
    expect(lock.packages[""]).toMatchObject({ devDependencies, optionalDependencies });
    for (const [name, version] of Object.entries(declared)) {
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

  test("are on disk exactly as they are locked, and nothing else is", () => {
    const installed = installedPackages("node_modules");
    expect(installed.length).toBeGreaterThan(50);
    const odd = installed.filter(({ path, version }) => lock.packages[path]?.version !== version);
    expect(odd.map(({ path, version }) => `${path} ${version}`)).toEqual([]);
  });

  test("that have an install script are denied it by name", () => {
    const scripted = installedPackages("node_modules").filter(({ hasScript }) => hasScript);
    const denied = Object.fromEntries(scripted.map(({ name }) => [name, false]));
    expect(denied).toEqual(manifest.allowScripts);
  });

  test("have an update policy each in docs/releasing.md", () => {
    const [, policy = ""] = readOwn("docs/releasing.md").split("## Dependencies\n");
    const missing = Object.keys(declared).filter((name) => !policy.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });
});

describe("Node", () => {
  const { devDependencies, optionalDependencies } = manifest;
  const major = (version: string) => Number(version.split(".")[0]);
  const own = Object.keys(optionalDependencies).find(
    (name) =>
      lock.packages[`node_modules/${name}`].os === process.platform &&
      lock.packages[`node_modules/${name}`].cpu === process.arch,
  );

  test("has the major version of .node-version and its types, or a newer one", () => {
    const wanted = major(readOwn(".node-version"));
    expect(major(devDependencies["@types/node"])).toBe(wanted);
    for (const [name, version] of Object.entries<string>(optionalDependencies)) {
      expect(major(version), name).toBeGreaterThanOrEqual(wanted);
    }
  });

  // Elsewhere, the scripts run on the Node that is installed.
  test.runIf(own !== undefined)("of the project's scripts is the locked package's", () => {
    const version = execSync("node --version", {
      encoding: "utf8",
      env: {
        ...process.env,
        PATH: `${join(ROOT, "node_modules/.bin")}${delimiter}${process.env.PATH}`,
      },
    });
    expect(version.trim()).toBe(`v${optionalDependencies[own ?? ""]}`);
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
});

interface Installed {
  /** As in the lockfile, for example `node_modules/a/node_modules/@b/c`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly hasScript: boolean;
}

/** @returns the packages in a folder `node_modules`, and in such folders below them. */
function installedPackages(folder: string): Installed[] {
  if (!existsSync(join(ROOT, folder))) return [];
  const names = readdirSync(join(ROOT, folder)).filter((name) => !name.startsWith("."));
  return names.flatMap((name) => {
    const path = `${folder}/${name}`;
    if (name.startsWith("@")) return installedPackages(path);
    const file = join(ROOT, path, "package.json");
    // vite and vitest keep their caches there.
    if (!existsSync(file)) return [];
    const { scripts = {}, ...own } = JSON.parse(readFileSync(file, "utf8"));
    const hasScript =
      ["preinstall", "install", "postinstall"].some((script) => script in scripts) ||
      // npm compiles such a package.
      existsSync(join(ROOT, path, "binding.gyp"));
    const { name: fullName, version } = own;
    return [
      { path, name: fullName, version, hasScript },
      ...installedPackages(`${path}/node_modules`),
    ];
  });
}
