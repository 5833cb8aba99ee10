/** The parts of an image reference. */
export interface ImageText {
  /** As written, e.g. `ghcr.io`; null if there is none. */
  readonly registry: string | null;
  readonly name: string;
  /** It may contain a variable, e.g. `$` and `{TAG}`. */
  readonly tag: string | null;
  readonly digest: string | null;
}

export type ImageProblem = "name" | "variable";

/** An image reference in a text, by its position. */
export interface FoundImage {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the image references of a text: of commands, a Dockerfile, a Compose file, Kubernetes
 * objects or a quadlet, whole or a part of it. Names of build stages, images that Compose builds and
 * comments are left out. Runs in the browser: it must not use anything outside of itself.
 */
export function findImages(text: string): FoundImage[] {
  // Some patterns take quadratic time.
  const maxLineCharacters = 4000;
  const found: FoundImage[] = [];
  const stages = ["scratch"];
  const lines = text.split("\n");
  // A command continues after `\` and ends at `;`, `&&` or `||`.
  for (const { 0: whole, index } of text.matchAll(
    /(?:\\\r?\n|(?<!&)&(?!&)|(?<!\|)\|(?!\|)|[^\n;&|])+/g,
  )) {
    if (whole.length > maxLineCharacters) continue;
    const isOnly = whole.length === text.length;
    const line = isOnly ? whole : whole.replace(/(^|\s)#(?!\s*syntax=).*/, "$1");
    findInLine(line, index);
  }
  return found;

  function findInLine(line: string, at: number): void {
    const from = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$/di.exec(line);
    const copied =
      /^\s*(?:COPY|RUN)\s.*?(?:--from=|--mount=\S*?\bfrom=)([^\s,]*[/:][^\s,]*)/di.exec(line);
    const syntax = /^#\s*syntax=(\S+)/d.exec(line);
    const build = from ?? copied ?? syntax;
    const operand = build ? null : operandIn(line);
    if (build) {
      if (!stages.includes((build[1] ?? "").toLowerCase())) add(at, build.indices?.[1]);
      if (from?.[2] !== undefined) stages.push(from[2].toLowerCase());
    } else if (operand) {
      add(at, [operand.index, operand.index + operand[0].length]);
    } else {
      // In YAML, JSON, a quadlet or an option. An anchor precedes the value, an alias replaces it.
      const keys =
        /(?:^|[\s{,"']|--|x-(?:[\w-]*-)?)[Ii]mage(?:["']?:\s+|["']:|\s*=\s*|(?<=--image)\s+)(?:&\S+\s+)?["']?([^\s"',}*&][^\s"',}]*)/dg;
      const matches = [...line.matchAll(keys)];
      if (matches.length === 0 || isBuilt(line, at)) return;
      for (const { indices } of matches) add(at, indices?.[1]);
    }
  }

  function add(at: number, span: readonly [number, number] | undefined): void {
    if (span === undefined) return;
    const word = text.slice(at + span[0], at + span[1]);
    const [front = ""] = /^["'`<(]*(?:docker:\/\/)?/.exec(word) ?? [];
    const [back = ""] = /["'`>),]*$/.exec(word) ?? [];
    const [start, end] = [at + span[0] + front.length, at + span[1] - back.length];
    if (start < end) found.push({ start, end });
  }

  /**
   * @returns the image of a command: after options, their values, a prompt and `\` at line ends. A
   * quoted text is part of one word.
   */
  function operandIn(line: string): RegExpExecArray | undefined {
    const words = [...line.matchAll(/(?:"[^"]*"|'[^']*'|\S)+/g)];
    const isIgnored = /^(?:-.*|\\|sudo|.*[$#>%]|\[.*)$/;
    // Options with a value, as opposed to switches.
    const takesNext =
      /^--(?!(?:no-.*|all.*|insecure.*|detach|init|interactive|privileged|publish-all|quiet|raw|read-only|replace|rm|tty)$)[^=]+$|^-[adikqtP]*[^-=adikqtP]$/;
    const operands = words.filter(
      ([word], index) => !isIgnored.test(word) && !takesNext.test(words[index - 1]?.[0] ?? ""),
    );
    const [verbs = ""] =
      /^(?:(?:\/.*\/)?(?:docker|podman|nerdctl|crictl|ctr|k3s|skopeo|crane|buildah|images?|i|containers?|c|buildx|imagetools)\n)+(?:pull|run|create|save|(?:manifest\n)?inspect|manifest(?!\ninspect)|copy|digest)\n/.exec(
        operands.map(([word]) => word).join("\n"),
      ) ?? [];
    return verbs === "" ? undefined : operands[verbs.split("\n").length - 1];
  }

  /** Whether Compose builds the image of this line: its service also has `build`. */
  function isBuilt(line: string, at: number): boolean {
    const [indent = ""] = /^\s*/.exec(line) ?? [];
    const isInside = (other: string) => other.trim() === "" || other.startsWith(indent);
    const here = text.slice(0, at).split("\n").length - 1;
    let first = here;
    while (first > 0 && isInside(lines[first - 1] ?? "")) first -= 1;
    let last = here;
    while (last < lines.length && isInside(lines[last] ?? "")) last += 1;
    return indent !== "" && lines.slice(first, last).some((l) => l.startsWith(`${indent}build:`));
  }
}

/**
 * Parses an image reference, or a link to Docker Hub. Prefixes of this mirror and of public mirrors
 * are removed. Runs in the browser: it must not use anything outside of itself.
 *
 * @param own the prefixes of image names on this mirror, the longest first.
 */
export function parseImage(
  reference: string,
  own: readonly string[],
): ImageText | { readonly problem: ImageProblem } {
  const written = withoutMirror(withoutOwn(withoutUrl(reference)));
  const [front = "", digest = null] = written.split(/@(.*)/s);
  // The first of several components is a registry if it has a `.` or `:` in it or is `localhost`.
  const [, registry = null, rest = front] = /^([^/]*[.:][^/]*|localhost)\/(.*)$/.exec(front) ?? [];
  const [path = "", tag = null] = rest.split(/:(.*)/s);
  // No registry has capital letters in a name, but GitHub shows them.
  const name = path.toLowerCase();
  if (`${registry}${path}${digest}`.includes("$")) return { problem: "variable" };
  const isValid =
    (tag === null || isTag(tag)) && (digest === null || isDigest(digest)) && isName(name);
  return isValid ? { registry, name, tag, digest } : { problem: "name" };

  function withoutUrl(word: string): string {
    const [, repository] =
      /^(?:https?:\/\/)?hub\.docker\.com\/(?:_|r|layers|repository\/docker)\/((?:(?<!_\/)[^/?#]+\/)?[^/?#]+)/.exec(
        word,
      ) ?? [];
    if (repository !== undefined) return repository;
    if (!word.includes("://")) return word;
    return word
      .replace(/^.*?:\/\/|\/?(?:[?#].*)?$/g, "")
      .replace(/^(quay\.io\/)repository\//, "$1");
  }

  function withoutOwn(word: string): string {
    const front = own.find((prefix) => word.startsWith(`${prefix}/`));
    return front === undefined ? word : word.slice(front.length + 1);
  }

  /** @returns the reference that a public mirror stands for, e.g. `m.daocloud.io/ghcr.io/x/y`. */
  function withoutMirror(word: string): string {
    const [, host = "", path = ""] = /^([\w.-]+\.[\w-]+)\/(.+)$/.exec(word) ?? [];
    if (/^[\w-]+(?:\.[\w-]+)*\.(?:io|com|co|dev|aws)\//.test(path)) return path;
    const [, label = ""] =
      /^(docker|ghcr|gcr|quay|k8s)(?:-gcr)?\.(?:m\.daocloud\.io|nju\.edu\.cn|1ms\.run|dockerproxy\.\w+)$/.exec(
        host,
      ) ?? [];
    const isOfHub =
      /^(?:docker(?:proxy|hub|pull)\.\w+|hub\.rat\.dev|hub-mirror\.c\.163\.com|mirror\.(?:gcr\.io|ccs\.tencentyun\.com)|\w+\.mirror\.aliyuncs\.com|docker\.(?:mirrors\.ustc\.edu\.cn|1panel\.\w+|xuanyuan\.me))$/;
    if (label === "k8s") return `registry.k8s.io/${path}`;
    if (label !== "") return `${label}.io/${path}`;
    return isOfHub.test(host) ? `docker.io/${path}` : word;
  }

  /** A tag with a variable stays as it is. */
  function isTag(text: string): boolean {
    return text.includes("$") || /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/.test(text);
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
  readonly tag: string | null;
  /** Its digest, otherwise its tag. */
  readonly reference: string;
  /** The reference to pull from this mirror. */
  readonly here: string;
  /** The name without this mirror, tag and digest. */
  readonly usualName: string;
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
  const usualName = `${registry === null ? "" : `${registry}/`}${name}`;
  return {
    name: path,
    tag,
    reference: digest ?? tag ?? "latest",
    here: `${names.prefix}/${path}${end}${digest === null ? "" : `@${digest}`}`,
    usualName,
    usual: digest === null ? usualName + end : null,
  };

  function canonical(host: string | undefined): string | undefined {
    const isHub = /^(?:(?:index|registry-1)\.)?docker\.io$|^registry\.hub\.docker\.com$/;
    if (host === "k8s.gcr.io") return "registry.k8s.io";
    return host !== undefined && isHub.test(host) ? names.hub : host;
  }
}

/** A pasted text with its images on this mirror. */
export interface Rewritten {
  /** Null if no image was found. */
  readonly text: string | null;
  readonly images: readonly LocatedImage[];
  /** The references that stay as they are, with their problems. */
  readonly left: readonly { readonly reference: string; readonly problem: Problem }[];
}

export type Problem = ImageProblem | { readonly elsewhere: string };

export interface RewriteParts {
  readonly findImages: typeof findImages;
  readonly parseImage: typeof parseImage;
  readonly locateImage: typeof locateImage;
}

/**
 * Puts this mirror in front of every image of a text. A list of names becomes pull commands. Runs in
 * the browser: it must not use anything outside of itself and its parameters.
 *
 * @param own the prefixes of image names on this mirror, the longest first.
 */
export function rewrite(
  pasted: string,
  own: readonly string[],
  names: MirrorNames,
  { findImages, parseImage, locateImage }: RewriteParts,
): Rewritten {
  const maxCharacters = 100_000;
  const trimmed = pasted.trim();
  const single = trimmed.includes("\n") ? trimmed : halfWidth(trimmed);
  const source = trimmed.length > maxCharacters ? "" : single;
  const isList = source !== "" && !/\S[^\S\n]+\S|image["']*[:=]["']|image=/i.test(source);
  const text = isList ? source.split("\n").flatMap(toCommand).join("\n") : source;
  const images: LocatedImage[] = [];
  const left: { reference: string; problem: Problem }[] = [];
  let [result, end] = ["", 0];
  for (const found of findImages(text)) {
    const reference = text.slice(found.start, found.end);
    const image = parseImage(halfWidth(reference), own);
    const located = "problem" in image ? image.problem : locateImage(image, names);
    const isLocated = typeof located === "object" && "here" in located;
    result += text.slice(end, found.start) + (isLocated ? located.here : reference);
    end = found.end;
    if (isLocated) images.push(located);
    else left.push({ reference, problem: located });
  }
  return { text: images.length > 0 ? result + text.slice(end) : null, images, left };

  function toCommand(line: string): string[] {
    // The pattern takes quadratic time, and no reference is as long.
    const word = line.length > 1000 ? "" : line.replace(/^[\s"'`<(]+|[\s"'`>),;]+$/g, "");
    return word === "" ? [] : [`docker pull ${word}`];
  }

  /** Input methods for Chinese leave full-width letters, digits and punctuation behind. */
  function halfWidth(word: string): string {
    return word
      .normalize("NFKC")
      .replace(/。/g, ".")
      .replace(/(?<=\s)[–—]+(?=\w)/g, "--");
  }
}
