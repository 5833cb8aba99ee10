/** A file that a release changes, and how. */
export interface ReleaseFile {
  /** From the root of the project. */
  readonly path: string;
  /**
   * @returns the text for a new version.
   * @throws if what is to be replaced does not stand in it exactly once.
   */
  rewrite(text: string, current: string, next: string): string;
}

const NOTHING = "Nothing yet.";
/** The heading, and all that stands before the next one. */
const UNRELEASED = /^## Unreleased\n([\s\S]*?)(?=^## )/m;

/** Everything that tells the version. */
export const RELEASE_FILES: readonly ReleaseFile[] = [
  versionIn("package.json", (version) => `  "version": "${version}",\n`),
  // The project's own lines: the second stands among its packages, further in.
  versionIn("package-lock.json", (version) => `"name": "sampan",\n  "version": "${version}",\n`),
  versionIn(
    "package-lock.json",
    (version) => `"name": "sampan",\n      "version": "${version}",\n`,
  ),
  versionIn("src/mirror/home.ts", (version) => `export const VERSION = "${version}";\n`),
  { path: "CHANGELOG.md", rewrite: (text, _, next) => moveUnreleased(text, next) },
];

/** wrangler.toml as it ships and as the tests know it. */
export const SHIPPED = "test/support/shipped.toml";

/** @throws if wrangler.toml has settings of whoever makes the release, or is not what was tested. */
export function expectShipped(own: string, shipped: string): void {
  if (own !== shipped) throw new Error(`wrangler.toml is not ${SHIPPED}, as which it ships.`);
}

/**
 * Gives what is unreleased the number of a version, and leaves an empty heading above it.
 *
 * @throws if there is nothing to release.
 */
export function moveUnreleased(changelog: string, next: string): string {
  const changes = UNRELEASED.exec(changelog)?.[1]?.trim() ?? "";
  if (changes === "" || changes === NOTHING) {
    throw new Error('CHANGELOG.md has nothing below "## Unreleased"; say what changes.');
  }
  const released = `## Unreleased\n\n${NOTHING}\n\n## ${next}\n\n${changes}\n\n`;
  return changelog.replace(UNRELEASED, () => released);
}

function versionIn(path: string, line: (version: string) => string): ReleaseFile {
  return {
    path,
    rewrite(text, current, next) {
      const parts = text.split(line(current));
      if (parts.length === 2) return parts.join(line(next));
      throw new Error(`${path} does not have ${JSON.stringify(line(current))} exactly once.`);
    },
  };
}
