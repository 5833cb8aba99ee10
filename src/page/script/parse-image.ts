/** An image as people write it. */
export interface ImageText {
  /** As written, e.g. `ghcr.io`; null if none stands in front of the name. */
  readonly registry: string | null;
  readonly name: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

export type ImageProblem = "digest" | "name" | "scratch" | "upper-case" | "variable";

/**
 * Finds the image in what people paste: its name, a command, a compose file, a pod or a Dockerfile,
 * whole or a line of it, or a link to Docker Hub. It runs in the browser as well: all that it needs
 * is inside.
 *
 * @param pasted with line breaks, or with spaces in their place, as an `input` has it.
 * @param own what this mirror itself puts in front of names, the longest first.
 * @returns null if there is nothing yet.
 */
export function parseImage(
  pasted: string,
  own: readonly string[],
): ImageText | { readonly problem: ImageProblem } | null {
  const text = beginningOf(pasted.trim());
  if (text === "") return null;
  const written = withoutOwn(withoutUrl(imageIn()));
  if (written.includes("$")) return { problem: "variable" };
  if (written === "scratch") return { problem: "scratch" };
  const [front = "", digest = null] = written.split(/@(.*)/s);
  if (digest !== null && !isDigest(digest)) return { problem: "digest" };
  // The first of several components is a registry if it has a `.` or `:` in it or is `localhost`.
  const [, registry = null, rest = front] = /^([^/]*[.:][^/]*|localhost)\/(.*)$/.exec(front) ?? [];
  const [name = "", tag = null] = rest.split(/:(.*)/s);
  if (tag !== null && !/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/.test(tag)) return { problem: "name" };
  if (/[A-Z]/.test(name)) return { problem: "upper-case" };
  return isName(name) ? { registry, name, tag, digest } : { problem: "name" };

  function beginningOf(whole: string): string {
    // The patterns take time by the square of the length; what is meant stands near the beginning.
    const maxCharacters = 4000;
    if (whole.length <= maxCharacters) return whole;
    // Half a word would pass for a name, and the first of many words for the only one.
    return whole.slice(0, maxCharacters).replace(/\S*$/, "…");
  }

  /** @returns the image of a command or a file, or the only word; empty if it is none of these. */
  function imageIn(): string {
    const [, operand] =
      /^(?:(?:\/.*\/)?(?:docker|podman|nerdctl|crictl|ctr|k3s|skopeo|crane|buildah|images?|i|containers?|c|buildx|imagetools)\n)+(?:pull|run|create|save|(?:manifest\n)?inspect|manifest(?!\ninspect)|tag|copy|digest)\n(.+)/.exec(
        operands(),
      ) ?? [];
    // In YAML or JSON, in a quadlet or an option; in a Dockerfile.
    const [, named] =
      /(?:^|[\s{,"'-])(?:[Ii]mage(?:["']?:\s|["']:|\s*=)|-image\s|(?:FROM|^[Ff]rom)\s+(?:--\S+\s+)*)\s*["']?([^\s"',}]+)/.exec(
        text.replace(/#[\s-]*image/g, ""),
      ) ?? [];
    return operand ?? named ?? (/\s/.test(text) ? "" : text);
  }

  /**
   * @returns the words of a command, one a line: without its prompt, its options and their values.
   * A word may have spaces within quotes; a `\` at the end of a line is none.
   */
  function operands(): string {
    const words = text.match(/(?:"[^"]*"|'[^']*'|\S)+/g) ?? [];
    const isNone = /^(?:-.*|\\|sudo|.*[$#>%]|\[.*)$/;
    // Options that are no switch.
    const takesNext =
      /^--(?!(?:no-.*|all.*|insecure.*|detach|init|interactive|privileged|publish-all|quiet|raw|read-only|replace|rm|tty)$)[^=]+$|^-[adikqtP]*[^-=adikqtP]$/;
    return words
      .filter((word, index) => !isNone.test(word) && !takesNext.test(words[index - 1] ?? ""))
      .join("\n");
  }

  function withoutUrl(word: string): string {
    const bare = word.replace(/^["'`<(]+|["'`>),;]+$/g, "");
    const [, official, repository, tag] =
      /^(?:https?:\/\/)?hub\.docker\.com\/(?:_\/([^/?#]+)|(?:r|layers|repository\/docker)\/([^/?#]+\/[^/?#]+)(?:\/([^/?#]+)\/images\/)?)/.exec(
        bare,
      ) ?? [];
    const name = official ?? repository;
    if (name !== undefined) return tag === undefined ? name : `${name}:${tag}`;
    if (!bare.includes("://")) return bare;
    const path = bare.replace(/^.*?:\/\/|\/?(?:[?#].*)?$/g, "");
    return path.replace(/^quay\.io\/repository\//, "quay.io/");
  }

  function withoutOwn(reference: string): string {
    const front = own.find((prefix) => reference.startsWith(`${prefix}/`));
    return front === undefined ? reference : reference.slice(front.length + 1);
  }

  function isDigest(text: string): boolean {
    return /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/.test(text);
  }

  function isName(text: string): boolean {
    const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
    return text.length <= 255 && new RegExp(`^${component}(?:/${component})*$`).test(text);
  }
}
