import { RegistryError } from "../protocol/errors.ts";
import { hostOf, type ImageName, inNamespace, type Name } from "../protocol/name.ts";
import { findRegistry, type Registries, type Registry, registryOfHost } from "./registry.ts";

/** One repository of a registry, and what the client calls it. */
export interface Image {
  readonly registry: Registry;
  readonly asked: string;
  readonly name: Name;
  /** The `ns` without which the client's next request would be for another registry, or null. */
  readonly namespace: string | null;
}

/** What a request says of where its image is. */
export interface Whereabouts {
  /** The mirror's host as the client asked, with its port. */
  readonly host: string;
  /** Every `ns` of the query. */
  readonly namespaces: readonly string[];
}

/**
 * Finds the repository that a client means. A registry that is named, in front of the name or by
 * `ns`, is looked up in the table; it is never dialled. Where none is named, the mirror's own host
 * decides.
 *
 * @throws RegistryError NAME_UNKNOWN for a registry that is not in the table, or two of them;
 * NAME_INVALID.
 */
export function locate(image: ImageName, where: Whereabouts, registries: Registries): Image {
  const registry = registryOf(image, where, registries);
  const name = inNamespace(image.name, registry.namespace);
  const isImplied = image.host !== null || registry === registryOfHost(registries, where.host);
  const namespace = isImplied ? null : (where.namespaces[0] ?? null);
  if (name !== null) return { registry, asked: image.asked, name, namespace };
  throw new RegistryError("NAME_INVALID", `${image.asked} is too long a name with its namespace`);
}

function registryOf(
  image: ImageName,
  { host, namespaces }: Whereabouts,
  registries: Registries,
): Registry {
  if (image.host !== null && hostOf(image.name) !== null) throw hostTwice(image);
  const named = image.host === null ? namespaces : [image.host, ...namespaces];
  const found = named.map((alias) => {
    const registry = findRegistry(registries, alias);
    if (registry === null) throw elsewhere(image, alias, registries);
    return registry;
  });
  const [first = registryOfHost(registries, host)] = found;
  if (found.every((registry) => registry === first)) return first;
  const both = found.map(({ name }) => name).join(" and ");
  throw new RegistryError("NAME_UNKNOWN", `${image.asked}: the request names both ${both}`);
}

function hostTwice({ asked }: ImageName): RegistryError {
  return new RegistryError("NAME_UNKNOWN", `${asked}: two registries stand in front of the name`);
}

function elsewhere(image: ImageName, alias: string, { all }: Registries): RegistryError {
  const served = all.map(({ name }) => name).join(", ");
  // A client's own words, of any characters.
  const quoted = JSON.stringify(alias.slice(0, 100));
  return new RegistryError(
    "NAME_UNKNOWN",
    `${image.name}: this mirror has no images of ${quoted}, only of ${served}`,
  );
}
