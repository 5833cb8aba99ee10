import { RegistryError } from "../protocol/errors.ts";
import { type ImageName, inNamespace, type Name } from "../protocol/name.ts";

/** One repository of the upstream, and what the client calls it. */
export interface Image {
  readonly asked: string;
  readonly name: Name;
}

/** What decides which repository a name means. */
export interface Naming {
  readonly namespace: string;
  readonly aliases: readonly string[];
  /** The namespace whose images are public for certain; null if there is none. */
  readonly publicNamespace: string | null;
}

/**
 * Finds the repository that a client means. A registry that is named, in front of the name or by
 * `ns`, is looked up among the upstream's own names; it is never dialled.
 *
 * @throws RegistryError NAME_UNKNOWN for any other registry, NAME_INVALID.
 */
export function locate(image: ImageName, namespaces: readonly string[], naming: Naming): Image {
  const hosts = image.host === null ? namespaces : [image.host, ...namespaces];
  for (const host of hosts) {
    if (!isAlias(host, naming)) throw elsewhere(image, host, naming);
  }
  const name = inNamespace(image.name, naming.namespace);
  if (name !== null) return { asked: image.asked, name };
  throw new RegistryError("NAME_INVALID", `${image.asked} is too long a name with its namespace`);
}

/** @returns whether `host` is one of the upstream's own names. */
export function isAlias(host: string, { aliases }: Naming): boolean {
  return aliases.includes(host.toLowerCase());
}

function elsewhere(image: ImageName, host: string, { aliases }: Naming): RegistryError {
  return new RegistryError(
    "NAME_UNKNOWN",
    `${image.asked}: this mirror has no images of "${host.slice(0, 100)}", only of ${aliases.at(-1)}`,
  );
}
