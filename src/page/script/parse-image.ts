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
 * Finds the image in what people paste: its name, a command, a line of a Dockerfile or of a compose
 * file, the whole file, or a link to Docker Hub. It runs in the browser as well: all that it needs
 * is inside.
 *
 * @param own what this mirror itself puts in front of names, the longest first.
 * @returns null if there is nothing yet.
 */
export function parseImage(
  pasted: string,
  own: readonly string[],
): ImageText | { readonly problem: ImageProblem } | null {
  const written = withoutOwn(withoutUrl(firstName(lineIn(pasted))));
  if (written === "") return null;
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

  /** The image of a compose file, a pod or a quadlet, of a Dockerfile, or the first line. */
  function lineIn(text: string): string {
    const inYaml = /^[ \t-]*(?:["']?image["']?[ \t]*:[ \t]+|"image":|image[ \t]*=)[ \t]*(\S.*)$/im;
    const inDockerfile = /^\s*FROM\s+(\S.*)$/im;
    const found = inYaml.exec(text) ?? inDockerfile.exec(text) ?? /^\s*(\S.*)$/m.exec(text);
    return found?.[1] ?? "";
  }

  /** Skips the command, then its options with their values. */
  function firstName(line: string): string {
    const words = line.trim().split(/\s+/);
    const command =
      /^(?:[$#>%]|sudo|docker|podman|nerdctl|crictl|ctr|k3s|skopeo|crane|buildah|images?|container|pull|run|create|manifest|inspect|copy|digest)$/;
    while (words.length > 1 && command.test(words[0] ?? "")) words.shift();
    while (words.length > 1 && words[0]?.startsWith("-")) words.splice(0, lengthOf(words[0]));
    return words[0] ?? "";
  }

  /** How many words an option takes: those that are no switch have a value behind them. */
  function lengthOf(option: string): number {
    const isSwitch =
      /^-[adiqtP]+$|^--(?:all-tags|detach|init|interactive|privileged|publish-all|quiet|read-only|rm|tty)$/;
    if (isSwitch.test(option) || option.includes("=")) return 1;
    return /^--|^-[adiqtP]*[a-zA-Z]$/.test(option) ? 2 : 1;
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
