/** The text below "Unreleased" after a release. */
const NOTHING = "Nothing yet.";
/** The heading, and everything up to the next one. */
const UNRELEASED = /^## Unreleased\n([\s\S]*?)(?=^## )/m;

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
