import type { ImageText } from "./parse-image.ts";

/** What decides how this mirror calls an image. */
export interface MirrorNames {
  /** What stands in front of every name: the host, and the path secret if there is one. */
  readonly prefix: string;
  /** The registry of names without one in front: its name and its host. */
  readonly registry: readonly string[];
  /** The registries that stand in front of names. */
  readonly others: readonly string[];
  /** What names without a registry mean everywhere else. */
  readonly hub: string;
}

/** An image as this mirror has it. */
export interface LocatedImage {
  /** Its name in paths of the API. */
  readonly name: string;
  /** Its digest, or else its tag. */
  readonly reference: string;
  /** What a client here pulls. */
  readonly here: string;
  /** What it is called elsewhere; null where that names a digest. */
  readonly usual: string | null;
}

/**
 * Finds an image on this mirror. It runs in the browser as well: all that it needs is inside.
 *
 * @returns the registry's name if this mirror does not serve it.
 */
export function locateImage(
  { registry, name, tag, digest }: ImageText,
  names: MirrorNames,
): LocatedImage | { readonly elsewhere: string } {
  const isOwn = (known: string) => names.registry.includes(known);
  const servesHub = isOwn(names.hub) || names.others.includes(names.hub);
  const meant = registry === null && servesHub ? names.hub : canonical(registry?.toLowerCase());
  const isDefault = meant === undefined || isOwn(meant);
  if (!isDefault && !names.others.includes(meant)) return { elsewhere: meant };
  const path = isDefault ? name : `${meant}/${name}`;
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
