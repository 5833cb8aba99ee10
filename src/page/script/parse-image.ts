/** The parts of an image reference. */
export interface ImageText {
  /** As written, e.g. `ghcr.io`; null if there is none. */
  readonly registry: string | null;
  readonly name: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

export type ImageProblem = "digest" | "name" | "scratch" | "upper-case" | "variable";

/**
 * Finds the image in a pasted text: a name, a command, a compose file, a pod or a Dockerfile, whole
 * or a line of it, or a link to Docker Hub. Runs in the browser: it must not use anything outside of
 * itself.
 *
 * @param pasted with line breaks, or with spaces instead of them, as in an `input` element.
 * @param own the prefixes of image names on this mirror, the longest first.
 * @returns null if the text is empty.
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
    // The patterns take quadratic time. In a long text, the image is near the beginning.
    const maxCharacters = 4000;
    if (whole.length <= maxCharacters) return whole;
    // A cut word could be a valid name, and the first of many words must not count as the only one.
    return whole.slice(0, maxCharacters).replace(/\S*$/, "…");
  }

  /** @returns the image of a command or a file, or the only word; otherwise empty. */
  function imageIn(): string {
    const [, operand] =
      /^(?:(?:\/.*\/)?(?:docker|podman|nerdctl|crictl|ctr|k3s|skopeo|crane|buildah|images?|i|containers?|c|buildx|imagetools)\n)+(?:pull|run|create|save|(?:manifest\n)?inspect|manifest(?!\ninspect)|tag|copy|digest)\n(.+)/.exec(
        operands(),
      ) ?? [];
    // In YAML, JSON, a quadlet, an option or a Dockerfile.
    const [, named] =
      /(?:^|[\s{,"'-])(?:[Ii]mage(?:["']?:\s|["']:|\s*=)|-image\s|(?:FROM|^[Ff]rom)\s+(?:--\S+\s+)*)\s*["']?([^\s"',}]+)/.exec(
        text.replace(/#[\s-]*image/g, ""),
      ) ?? [];
    return operand ?? named ?? (/\s/.test(text) ? "" : text);
  }

  /**
   * @returns the words of a command, one per line, without prompt, options, their values and `\` at
   * line ends. A quoted text is part of one word.
   */
  function operands(): string {
    const words = text.match(/(?:"[^"]*"|'[^']*'|\S)+/g) ?? [];
    const isIgnored = /^(?:-.*|\\|sudo|.*[$#>%]|\[.*)$/;
    // Options with a value, as opposed to switches.
    const takesNext =
      /^--(?!(?:no-.*|all.*|insecure.*|detach|init|interactive|privileged|publish-all|quiet|raw|read-only|replace|rm|tty)$)[^=]+$|^-[adikqtP]*[^-=adikqtP]$/;
    return words
      .filter((word, index) => !isIgnored.test(word) && !takesNext.test(words[index - 1] ?? ""))
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

/** The registries and the prefix of this mirror. */
export interface MirrorNames {
  /** The prefix of every image name: the host, and the path secret if any. */
  readonly prefix: string;
  /** The registry of names without a registry: its name and its host. */
  readonly registry: readonly string[];
  /** The registries that are named in front of the image. */
  readonly others: readonly string[];
  /** The registry that clients use for names without one. */
  readonly hub: string;
}

/** An image on this mirror. */
export interface LocatedImage {
  /** Its name in API paths. */
  readonly name: string;
  /** Its digest, otherwise its tag. */
  readonly reference: string;
  /** The reference to pull from this mirror. */
  readonly here: string;
  /** The reference without this mirror; null if it has a digest, which cannot be tagged. */
  readonly usual: string | null;
}

/**
 * Finds an image on this mirror. Runs in the browser: it must not use anything outside of itself.
 *
 * @returns the registry's name if this mirror does not serve it.
 */
export function locateImage(
  { registry, name, tag, digest }: ImageText,
  names: MirrorNames,
): LocatedImage | { readonly elsewhere: string } {
  const isOwn = (known: string) => names.registry.includes(known);
  const servesHub = isOwn(names.hub) || names.others.includes(names.hub);
  const wanted = registry === null && servesHub ? names.hub : canonical(registry?.toLowerCase());
  const isDefault = wanted === undefined || isOwn(wanted);
  if (!isDefault && !names.others.includes(wanted)) return { elsewhere: wanted };
  const path = isDefault ? name : `${wanted}/${name}`;
  const end = tag === null ? "" : `:${tag}`;
  return {
    name: path,
    reference: digest ?? tag ?? "latest",
    here: `${names.prefix}/${path}${end}${digest === null ? "" : `@${digest}`}`,
    usual: digest === null ? `${registry === null ? "" : `${registry}/`}${name}${end}` : null,
  };

  function canonical(host: string | undefined): string | undefined {
    const isHub = /^(?:(?:index|registry-1)\.)?docker\.io$|^registry\.hub\.docker\.com$/;
    return host !== undefined && isHub.test(host) ? names.hub : host;
  }
}
