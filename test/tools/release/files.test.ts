import { describe, expect, test } from "vitest";
import {
  expectShipped,
  moveUnreleased,
  RELEASE_FILES,
  SHIPPED,
} from "../../../tools/release/files.ts";
import { readOwn } from "../../support/repository.ts";

const { version } = JSON.parse(readOwn("package.json"));

describe("the files of a release", () => {
  test.each([...new Set(RELEASE_FILES.map(({ path }) => path))])("%s gets the version", (path) => {
    const next = "99.88.77";
    const text = RELEASE_FILES.filter((file) => file.path === path).reduce(
      (before, { rewrite }) => rewrite(before, version, next),
      path === "CHANGELOG.md"
        ? "# Changelog\n\n## Unreleased\n\n- More.\n\n## 0.1.0\n"
        : readOwn(path),
    );
    expect(text).toContain(next);
    if (path !== "CHANGELOG.md") expect(text.replaceAll(next, version)).toBe(readOwn(path));
  });

  test("a file that does not tell the version is an error that names it", () => {
    for (const { path, rewrite } of RELEASE_FILES.slice(0, -1)) {
      expect(() => rewrite("{}\n", "0.1.0", "0.2.0")).toThrow(path);
    }
  });
});

describe("the changelog", () => {
  test("what is unreleased gets the version, and leaves an empty heading", () => {
    const before = "# Changelog\n\n## Unreleased\n\n- Costs $& less.\n\n## 0.1.0\n\n- First.\n";
    expect(moveUnreleased(before, "0.2.0")).toBe(
      "# Changelog\n\n## Unreleased\n\nNothing yet.\n\n## 0.2.0\n\n- Costs $& less.\n\n## 0.1.0\n\n- First.\n",
    );
  });

  test("nothing is not released", () => {
    const complaint = 'CHANGELOG.md has nothing below "## Unreleased"; say what changes.';
    for (const changes of ["Nothing yet.\n\n", "", "\n"]) {
      const changelog = `# Changelog\n\n## Unreleased\n\n${changes}## 0.1.0\n\n- First.\n`;
      expect(() => moveUnreleased(changelog, "0.2.0"), changes).toThrow(complaint);
    }
    expect(() => moveUnreleased("# Changelog\n\n## 0.1.0\n", "0.2.0")).toThrow(complaint);
  });
});

test("nothing is released with a wrangler.toml of its owner's", () => {
  const shipped = readOwn(SHIPPED);
  expect(() => expectShipped(shipped, shipped)).not.toThrow();
  const own = shipped.replace("workers_dev = true", "workers_dev = false");
  expect(() => expectShipped(own, shipped)).toThrow(SHIPPED);
});
