import { type Name, parseName } from "./name.ts";
import { parseReference, type Tag } from "./reference.ts";

/** A pattern for images, e.g. `library/*`, `grafana/**` or `*\/*:latest`. */
export interface ImageGlob {
  /** The original text, for messages. */
  readonly text: string;
  matchesName(name: Name): boolean;
  /** Null if the pattern has no tag part, so that every tag matches. */
  readonly matchesTag: ((tag: Tag) => boolean) | null;
}

/**
 * Parses `name` or `name:tag`. In the name, `*` matches anything within one component and `**` any
 * number of components. In the tag, `*` matches anything.
 *
 * @returns null for a pattern that no name or no tag matches, such as `/a`.
 */
export function parseImageGlob(text: string): ImageGlob | null {
  const [, name, tag] = /^([a-z0-9._/*-]+)(?::([a-zA-Z0-9._*-]+))?$/.exec(text) ?? [];
  if (name === undefined || parseName(exampleOf(name)) === null) return null;
  if (tag !== undefined && parseReference(exampleOf(tag)) === null) return null;
  const tagPattern = tag === undefined ? null : patternOf(tag);
  const namePattern = patternOf(name);
  return {
    text,
    matchesName: (candidate) => namePattern.test(candidate),
    matchesTag: tagPattern && ((candidate) => tagPattern.test(candidate)),
  };
}

/** @returns a text that the pattern matches: a name or tag, if there is any. */
function exampleOf(glob: string): string {
  return glob.replace(/\*+/g, "a");
}

function patternOf(glob: string): RegExp {
  const source = glob
    .replaceAll(".", "\\.")
    .replace(/\*+/g, (stars) => (stars === "*" ? "[^/]*" : ".*"));
  return new RegExp(`^${source}$`);
}
