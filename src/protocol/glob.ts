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
  const nameParts = partsOf(name);
  const tagParts = tag === undefined ? null : partsOf(tag);
  return {
    text,
    matchesName: (candidate) => matches(nameParts, candidate),
    matchesTag: tagParts && ((candidate) => matches(tagParts, candidate)),
  };
}

/** @returns a text that the pattern matches: a name or tag, if there is any. */
function exampleOf(glob: string): string {
  return glob.replace(/\*+/g, "a");
}

/** @returns single characters, `*` and `**`. */
function partsOf(glob: string): readonly string[] {
  return (glob.match(/\*+|[^*]/g) ?? []).map((part) => (part.startsWith("**") ? "**" : part));
}

/**
 * Follows all possible matches at once, without backtracking: the time is at most the product of
 * both lengths, however many stars there are.
 */
function matches(parts: readonly string[], text: string): boolean {
  let reached = withStarsSkipped(parts, [0]);
  for (const character of text) {
    const next = reached.flatMap((at) => {
      const part = parts[at] ?? "";
      const isStar = part === "**" || (part === "*" && character !== "/");
      if (isStar) return [at];
      return part === character ? [at + 1] : [];
    });
    reached = withStarsSkipped(parts, next);
  }
  return reached.includes(parts.length);
}

/** A star may match nothing. */
function withStarsSkipped(parts: readonly string[], reached: readonly number[]): number[] {
  const all = new Set(reached);
  for (const at of all) {
    if (parts[at]?.startsWith("*")) all.add(at + 1);
  }
  return [...all];
}
