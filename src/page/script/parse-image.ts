/** The position of an image reference in a text. */
export type Span = readonly [start: number, end: number];

/**
 * Finds the image references of a text: of commands, a Dockerfile, a Compose file, Kubernetes
 * objects or a quadlet, whole or a part of it. Names of build stages, images that Compose builds and
 * comments are left out.
 */
export function findImages(text: string): Span[] {
  // Some patterns take quadratic time.
  const maxLineCharacters = 4000;
  const found: Span[] = [];
  const stages = ["scratch"];
  // A command continues after `\` and ends at `;`, `&&` or `||`.
  for (const { 0: whole, index } of text.matchAll(/(?:\\\r?\n|(?!&&|\|\|)[^\n;])+/g)) {
    if (whole.length > maxLineCharacters) continue;
    const isOnly = whole.length === text.length;
    findInLine(isOnly ? whole : whole.replace(/(^|\s)#(?!\s*syntax=).*/, "$1"), index);
  }
  return found;

  function findInLine(line: string, at: number): void {
    const from = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$/di.exec(line);
    const build =
      from ?? /^(?:#\s*syntax=|\s*(?:COPY|RUN)\s.*?\bfrom=)([^\s,]*[/:][^\s,]*)/di.exec(line);
    const operand = build ? null : operandIn(line);
    if (build) {
      if (!stages.includes((build[1] ?? "").toLowerCase())) add(at, build.indices?.[1]);
      if (from?.[2] !== undefined) stages.push(from[2].toLowerCase());
    } else if (operand) {
      add(at, [operand.index, operand.index + operand[0].length]);
    } else {
      // In YAML, JSON, a quadlet or an option. An anchor precedes the value, an alias replaces it.
      const keys =
        /(?:^|[\s{,"'-])[Ii]mage(?:["']:\s*|:\s+|\s*=\s*|(?<=--image)\s+)(?:&\S+\s+)?["']?([^\s"',}*&][^\s"',}]*)/dg;
      const matches = [...line.matchAll(keys)];
      if (matches.length === 0 || isBuilt(line, at)) return;
      for (const { indices } of matches) add(at, indices?.[1]);
    }
  }

  /** Adds a word of the text, without the quotes around it. */
  function add(at: number, [start, end]: Span = [0, 0]): void {
    const word = text.slice(at + start, at + end);
    const [, front = "", image = ""] =
      /^(["'`<(]*(?:docker:\/\/)?)(.*?)["'`>),]*$/.exec(word) ?? [];
    const first = at + start + front.length;
    if (image !== "") found.push([first, first + image.length]);
  }

  /**
   * @returns the image of a command: after options, their values, a prompt and `\` at line ends. A
   * quoted text is part of one word.
   */
  function operandIn(line: string): RegExpExecArray | undefined {
    const words = [...line.matchAll(/(?:"[^"]*"|'[^']*'|\S)+/g)];
    const isIgnored = /^(?:-.*|[\\&|]|sudo|.*[$#>%]|\[.*)$/;
    // Options with a value, as opposed to switches.
    const takesNext =
      /^--(?!(?:no-.*|all.*|insecure.*|detach|init|interactive|privileged|publish-all|quiet|raw|read-only|replace|rm|tty)$)[^=]+$|^-[adikqtP]*[^-=adikqtP]$/;
    const operands = words.filter(
      ([word], index) => !isIgnored.test(word) && !takesNext.test(words[index - 1]?.[0] ?? ""),
    );
    const [verbs = ""] =
      /^(?:(?:\/.*\/)?(?:docker|podman|nerdctl|crictl|ctr|k3s|skopeo|crane|buildah|images?|i|containers?|c|buildx|imagetools|manifest)\n)+(?:pull|run|create|save|inspect|copy|digest)\n/.exec(
        operands.map(([word]) => word).join("\n"),
      ) ?? [];
    return verbs === "" ? undefined : operands[verbs.split("\n").length - 1];
  }

  /** Whether Compose builds the image of this line: its service also has `build`. */
  function isBuilt(line: string, at: number): boolean {
    const [indent = ""] = /^\s*/.exec(line) ?? [];
    if (indent === "") return false;
    // The service consists of the lines that are empty or indented as much or more.
    const services = [...text.matchAll(new RegExp(`^(?:${indent}[^\n]*\n?|\\s*\n)+`, "gm"))];
    const service = services.find(({ 0: { length }, index }) => index + length > at)?.[0];
    return new RegExp(`^${indent}build:`, "m").test(service ?? "");
  }
}

/** The registries of this mirror, and its prefix. */
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
  /** It may contain a variable, e.g. `$` and `{TAG}`. */
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

/** Why an image is not on this mirror. */
export interface NotLocated {
  /** Its registry, which is not served here; null if the reference is not valid. */
  readonly elsewhere: string | null;
}

/**
 * Finds the image of a reference or a link to Docker Hub on this mirror. Prefixes of this mirror and
 * of public mirrors are removed.
 */
export function locateImage(
  written: string,
  { prefix, registry, others, hub }: MirrorNames,
): LocatedImage | NotLocated {
  const [own = hub] = registry;
  const served = [...registry, ...others];
  const component = "[a-zA-Z0-9]+(?:(?:\\.|_|__|-+)[a-zA-Z0-9]+)*";
  // The first of several components is a registry if it has a `.` or `:` in it or is `localhost`.
  const grammar = new RegExp(
    `^(?:([\\w-]*[.:][\\w.:-]*|localhost)/)?(${component}(?:/${component})*)` +
      "(?::(\\w[\\w.-]{0,127}|[^@]*\\$[^@]*))?" +
      "(?:@(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}))?$",
  );
  const parts = grammar.exec(withoutMirror(withoutOwn(withoutUrl(written))));
  if (parts === null) return { elsewhere: null };
  const [, host, path = "", tag = null, digest = null] = parts;
  const wanted = canonical(host?.toLowerCase() ?? (served.includes(hub) ? hub : own));
  if (!served.includes(wanted)) return { elsewhere: wanted };
  // No registry has capital letters in a name, but GitHub shows them.
  const lowerCase = path.toLowerCase();
  const name = (registry.includes(wanted) ? "" : `${wanted}/`) + lowerCase;
  const usualName = (host === undefined ? "" : `${host}/`) + lowerCase;
  const end = tag === null ? "" : `:${tag}`;
  return {
    name,
    tag,
    reference: digest ?? tag ?? "latest",
    here: `${prefix}/${name}${end}${digest === null ? "" : `@${digest}`}`,
    usualName,
    usual: digest === null ? usualName + end : null,
  };

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
    const fronts = [`${prefix}/`, prefix.replace(/\/.*|$/, "/")];
    return word.slice(fronts.find((front) => word.startsWith(front))?.length ?? 0);
  }

  /** @returns the reference that a public mirror stands for, e.g. `m.daocloud.io/ghcr.io/x/y`. */
  function withoutMirror(word: string): string {
    return word
      .replace(/^[\w.-]+\.[\w-]+\/(?=[\w-]+(?:\.[\w-]+)*\.(?:io|com|co|dev|aws)\/)/, "")
      .replace(
        /^(docker|ghcr|gcr|quay|k8s)(?:-gcr)?\.(?:m\.daocloud\.io|nju\.edu\.cn|mirrors\.ustc\.edu\.cn|1ms\.run|1panel\.\w+|xuanyuan\.me|dockerproxy\.\w+)\//,
        "$1.io/",
      )
      .replace(/^k8s\.io\//, "registry.k8s.io/")
      .replace(
        /^(?:docker(?:proxy|hub|pull)\.\w+|hub\.rat\.dev|hub-mirror\.c\.163\.com|(?:\w+\.)?mirror\.(?:gcr\.io|ccs\.tencentyun\.com|aliyuncs\.com))\//,
        `${hub}/`,
      );
  }

  function canonical(name: string): string {
    return name
      .replace(/^(?:index|registry-1|registry\.hub)\.docker\.(?:io|com)$/, hub)
      .replace(/^k8s\.gcr\.io$/, "registry.k8s.io");
  }
}

/** A pasted text with its images on this mirror. */
export interface Rewritten {
  /** Null if no image was found. */
  readonly text: string | null;
  readonly images: readonly LocatedImage[];
  /** The references that stay as they are. */
  readonly left: readonly (NotLocated & { readonly reference: string })[];
}

/** Puts this mirror in front of every image of a text. A list of names becomes pull commands. */
export function rewrite(pasted: string, names: MirrorNames): Rewritten {
  const trimmed = pasted.trim();
  const source = trimmed.includes("\n") ? trimmed : halfWidth(trimmed);
  const isList = !/\S[^\S\n]+\S|image["']*[:=]["']|image=/i.test(source);
  const words = isList ? (source.match(/[^\s"'`<(>),;]+/g) ?? []) : null;
  const text = words?.map((word) => `docker pull ${word}`).join("\n") ?? source;
  const images: LocatedImage[] = [];
  const left: (NotLocated & { reference: string })[] = [];
  let [result, last] = ["", 0];
  for (const [start, end] of findImages(text)) {
    const reference = text.slice(start, end);
    const located = locateImage(halfWidth(reference), names);
    const isHere = "here" in located;
    result += text.slice(last, start) + (isHere ? located.here : reference);
    last = end;
    if (isHere) images.push(located);
    else left.push({ reference, ...located });
  }
  return { text: images.length > 0 ? result + text.slice(last) : null, images, left };

  /** Input methods for Chinese leave full-width letters, digits and punctuation behind. */
  function halfWidth(word: string): string {
    return word
      .normalize("NFKC")
      .replace(/。/g, ".")
      .replace(/(?<=\s)[–—]+(?=\w)/g, "--");
  }
}
