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
  return {
    text,
    matchesName: (candidate) => matches(name, candidate),
    matchesTag: tag === undefined ? null : (candidate) => matches(tag, candidate),
  };
}

/** @returns a text that the pattern matches: a name or tag, if there is any. */
function exampleOf(glob: string): string {
  return glob.replace(/\*+/g, "a");
}

/**
 * Follows all positions in the text that the pattern can have reached. A regular expression would
 * backtrack for minutes if there are many stars.
 */
function matches(glob: string, text: string): boolean {
  let reached = new Set([0]);
  for (const part of glob.match(/\*+|./g) ?? []) {
    const next = new Set<number>();
    const isStar = part.startsWith("*");
    for (const at of reached) {
      const character = text[at];
      if (isStar) next.add(at);
      if (character === part) next.add(at + 1);
      // The loop includes what is added here.
      else if (isStar && character && part + character !== "*/") reached.add(at + 1);
    }
    reached = next;
  }
  return reached.has(text.length);
}
