import type { Name } from "./name.ts";
import type { Tag } from "./reference.ts";

/** A pattern for images, e.g. `library/*`, `grafana/**` or `*\/*:latest`. */
export interface ImageGlob {
  /** As written, for messages. */
  readonly text: string;
  matchesName(name: Name): boolean;
  /** Null if the pattern has no tag part, so that every tag matches. */
  readonly matchesTag: ((tag: Tag) => boolean) | null;
}

/**
 * Parses `name` or `name:tag`. In the name `*` stands for anything within one component, `**` for
 * any number of components; in the tag `*` stands for anything.
 *
 * @returns null if there are characters in it that no image name has.
 */
export function parseImageGlob(text: string): ImageGlob | null {
  const [, name, tag] = /^([a-z0-9._/*-]+)(?::([a-zA-Z0-9._*-]+))?$/.exec(text) ?? [];
  if (name === undefined) return null;
  const namePattern = toPattern(name);
  const tagPattern = tag === undefined ? null : toPattern(tag);
  return {
    text,
    matchesName: (candidate) => namePattern.test(candidate),
    matchesTag: tagPattern && ((candidate) => tagPattern.test(candidate)),
  };
}

function toPattern(glob: string): RegExp {
  const source = glob
    .split(/(\*+)/)
    .map((part) => {
      if (part === "*") return "[^/]*";
      return part.startsWith("*") ? ".*" : part.replace(/[.-]/g, "\\$&");
    })
    .join("");
  return new RegExp(`^${source}$`);
}
