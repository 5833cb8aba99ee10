/** A version: three numbers. */
export type Version = readonly [major: number, minor: number, patch: number];

/** A file that contains the version. */
export interface ReleaseFile {
  /** From the root of the project. */
  readonly path: string;
  /**
   * @returns the text for a new version.
   * @throws Error if the text does not contain the current version as expected.
   */
  rewrite(text: string, current: string, next: string): string;
}

/** The text below "Unreleased" after a release. */
const NOTHING = "Nothing yet.";
/** The heading, and everything up to the next one. */
const UNRELEASED = /^## Unreleased\n([\s\S]*?)(?=^## )/m;

/** All files with the version. The Worker reads it from package.json when it is built. */
export const RELEASE_FILES: readonly ReleaseFile[] = [
  versionIn("package.json", (version) => `  "version": "${version}",\n`),
  // The lockfile has it twice: at the top, and in the list of packages.
  versionIn("package-lock.json", (version) => `"name": "sampan",\n  "version": "${version}",\n`),
  versionIn(
    "package-lock.json",
    (version) => `"name": "sampan",\n      "version": "${version}",\n`,
  ),
  { path: "CHANGELOG.md", rewrite: (text, _, next) => releaseChanges(text, next) },
];

/** @returns null if the text is not three numbers separated by dots. */
export function parseVersion(text: string): Version | null {
  const numbers = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.exec(text)?.slice(1).map(Number);
  const [major, minor, patch] = numbers ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return null;
  return [major, minor, patch];
}

export function isNewer(next: Version, current: Version): boolean {
  const at = next.findIndex((number, index) => number !== current[index]);
  return at !== -1 && (next[at] ?? 0) > (current[at] ?? 0);
}

/**
 * Moves the unreleased changes below a heading with the version, and leaves an empty "Unreleased".
 *
 * @throws Error if there are no unreleased changes.
 */
export function releaseChanges(changelog: string, next: string): string {
  const changes = UNRELEASED.exec(changelog)?.[1]?.trim() ?? "";
  if (changes === "" || changes === NOTHING) {
    throw new Error('CHANGELOG.md has no changes below "## Unreleased".');
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
      throw new Error(`${path} does not contain ${JSON.stringify(line(current))} exactly once.`);
    },
  };
}
