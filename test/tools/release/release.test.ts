import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { filesOf } from "../../../tools/release/build.ts";
import { releaseChanges } from "../../../tools/release/changelog.ts";
import { ROOT, SHIPPED } from "../../support/repository.ts";

const MAIN = join(ROOT, "tools/release/main.ts");
const FILES = {
  "package.json": '{\n  "name": "sampan",\n  "version": "0.1.0",\n  "private": true\n}\n',
  "package-lock.json":
    '{\n  "name": "sampan",\n  "version": "0.1.0",\n  "packages": {\n    "": {\n      "name": "sampan",\n      "version": "0.1.0",\n      "license": "MIT"\n    },\n    "node_modules/a": {\n      "version": "0.1.0"\n    }\n  }\n}\n',
  "CHANGELOG.md": "# Changelog\n\n## Unreleased\n\n- More.\n\n## 0.1.0\n\n- First.\n",
  "wrangler.toml": SHIPPED,
  "test/support/shipped.toml": SHIPPED,
};

describe("npm run release", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sampan-release-"));
    mkdirSync(join(folder, "test/support"), { recursive: true });
    for (const [path, text] of Object.entries(FILES)) writeFileSync(join(folder, path), text);
    git("init", "--quiet");
    commit();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("sets the version in package.json, twice in the lockfile, and in the changelog", () => {
    const { status, stdout } = release("0.2.0");

    expect(status).toBe(0);
    expect(stdout).toContain("npm run check\n");
    expect(read("package.json")).toBe(FILES["package.json"].replace("0.1.0", "0.2.0"));
    expect(read("package-lock.json").match(/0\.2\.0/g)).toHaveLength(2);
    expect(read("package-lock.json")).toContain('"node_modules/a": {\n      "version": "0.1.0"');
    expect(read("CHANGELOG.md")).toBe(
      "# Changelog\n\n## Unreleased\n\nNothing yet.\n\n## 0.2.0\n\n- More.\n\n## 0.1.0\n\n- First.\n",
    );
  });

  test.each([
    ["a changed file", "CHANGELOG.md"],
    ["a new file", "notes.txt"],
  ])("refuses a working tree with %s", (_, path) => {
    writeFileSync(join(folder, path), "# Changelog\n\n## Unreleased\n\n- Mine.\n\n## 0.1.0\n");
    for (const argument of ["0.2.0", "--provenance"]) {
      const { status, stderr } = release(argument);
      expect(status).toBe(1);
      expect(stderr).toContain(`There are uncommitted changes:\n`);
      expect(stderr).toContain(path);
    }
    expect(read("package.json")).toBe(FILES["package.json"]);
  });

  test("refuses a wrangler.toml with an owner's settings", () => {
    writeFileSync(join(folder, "wrangler.toml"), SHIPPED.replace("= true", "= false"));
    commit();
    expectRefusal("0.2.0", "wrangler.toml differs from test/support/shipped.toml");
  });

  test("refuses the same version", () => {
    expectRefusal("0.1.0", "Version not changed");
  });

  test.each([[["1.2"]], [["v1.2.3"]], [["1.2.3-rc.1"]], [["0.2.0", "--force"]], [[]]])(
    "rejects the arguments %j",
    (args) => {
      const { status, stderr } = release(...args);
      expect(status).toBe(2);
      expect(stderr).toContain("npm run release -- --provenance");
    },
  );

  function expectRefusal(version: string, reason: string): void {
    const { status, stderr } = release(version);
    expect(status).toBe(1);
    expect(stderr).toContain(reason);
    expect(read("package.json")).toBe(FILES["package.json"]);
    expect(read("CHANGELOG.md")).toBe(FILES["CHANGELOG.md"]);
  }

  function release(...args: string[]) {
    return spawnSync(process.execPath, [MAIN, ...args], { cwd: folder, encoding: "utf8" });
  }

  function commit(): void {
    git("add", "--all");
    git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "a");
  }

  function git(...args: string[]): void {
    execFileSync("git", args, { cwd: folder });
  }

  function read(path: string): string {
    return readFileSync(join(folder, path), "utf8");
  }
});

test("a changelog without changes cannot be released", () => {
  for (const changes of ["Nothing yet.\n\n", "", "\n"]) {
    const changelog = `# Changelog\n\n## Unreleased\n\n${changes}## 0.1.0\n\n- First.\n`;
    expect(() => releaseChanges(changelog, "0.2.0"), changes).toThrow(
      'CHANGELOG.md has no changes below "## Unreleased".',
    );
  }
  expect(() => releaseChanges("# Changelog\n\n## 0.1.0\n", "0.2.0")).toThrow();
});

test("the files of a release are the Worker, its sha256 as sha256sum writes it, and its origin", () => {
  const folder = mkdtempSync(join(tmpdir(), "sampan-files-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // printf 'export default {};' | sha256sum
  const sha256 = "9f085b1079ab38f776bbb3930dfd067a838ca3e0483aff8625f88837e8ed964c";
  const provenance = {
    ...{ version: "1.2.3", commit: "0f2ac74b", tools: {}, rebuild: "npm ci" },
    bundle: { sha256, bytes: 18, files: 1 },
  };
  const files = filesOf({ code: Buffer.from("export default {};"), provenance });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const check = spawnSync("sha256sum", ["--check", "worker.js.sha256"], { cwd: folder });
  expect(check.status).toBe(0);
  expect(JSON.parse(String(files["provenance.json"]))).toEqual(provenance);
});
