import type { Admission } from "../access/authenticate.ts";
import type { Login } from "../access/mirror-token.ts";
import {
  type ImageRoute,
  needsLookup,
  type RequestedImage,
  type Rights,
  rightsFor,
} from "../access/visibility.ts";
import { publicPartition, tagKey } from "../cache/keys.ts";
import {
  findRegistry,
  type Registries,
  type Registry,
  registryOfHost,
} from "../config/registries.ts";
import { RegistryError } from "../protocol/errors.ts";
import { parseAccept } from "../protocol/media-type.ts";
import { hostOf, type ImageName, inNamespace, parseName } from "../protocol/name.ts";
import type { ClientLocation } from "../protocol/network.ts";
import type { Services } from "../services.ts";
import { readTokenAhead } from "../upstream/auth/credentials.ts";
import { nameAt, type Upstream, type UpstreamUsage } from "../upstream/upstream.ts";

/** A request of an admitted client. */
export interface ClientRequest extends Admission {
  readonly method: string;
  readonly isHead: boolean;
  readonly url: URL;
  readonly headers: Headers;
  /** Aborted when the client disconnects (compatibility flag `enable_request_signal`). */
  readonly signal: AbortSignal;
  readonly location: ClientLocation;
  /** Whether nothing may be requested upstream; then `countFetch` throws. */
  readonly isCacheOnly: boolean;
  /** Counts the request for the rate limit, once. @throws RegistryError TOOMANYREQUESTS */
  countFetch(): Promise<void>;
}

/** An image as it was requested, and its place in a registry. */
export interface LocatedImage extends RequestedImage {
  /** The `ns` that the links to further pages need to reach the same registry, or null. */
  readonly namespace: string | null;
}

/** Everything that determines the answer to a request for an image. */
export interface Target extends LocatedImage, Rights {
  readonly client: ClientRequest;
}

/**
 * Finds the registry and repository of an image. A registry that is named, before the image or by
 * `ns`, is looked up in the table and never used as an address. If none is named, the mirror's host
 * name decides.
 *
 * @throws RegistryError NAME_UNKNOWN for a registry that is not configured, or for two registries;
 * NAME_INVALID.
 */
export function locateImage(image: ImageName, url: URL, registries: Registries): LocatedImage {
  const { requestedName } = image;
  const namespaces = url.searchParams.getAll("ns").filter((ns) => ns !== "");
  const hostRegistry = registryOfHost(registries, url.host);
  const registry = namedRegistry(image, namespaces, registries) ?? hostRegistry;
  const name = inNamespace(image.name, registry.namespace);
  if (name === null || registry.endpoints.some((one) => parseName(nameAt(one, name)) === null)) {
    throw new RegistryError("NAME_INVALID", `${requestedName} is too long with its namespace`);
  }
  const isImplied = image.host !== null || registry === hostRegistry;
  return { registry, requestedName, name, namespace: isImplied ? null : (namespaces[0] ?? null) };
}

/** @throws RegistryError NAME_UNKNOWN, and the errors of `rightsFor`. */
export async function createTarget(
  services: Services,
  client: ClientRequest,
  image: LocatedImage,
  route: ImageRoute,
  login: Login | null,
  usage: UpstreamUsage,
): Promise<Target> {
  const upstreams = services.upstreamsOf(image.registry, usage);
  if (route.kind === "manifest" || route.kind === "blob") usage.repository = image.name;
  if (needsLookup(services, upstreams[0], image)) {
    readAhead(services, client, upstreams[0], image, route);
  }
  const { countFetch } = client;
  const rights = await rightsFor(services, upstreams, image, route, login, countFetch);
  return { ...image, ...rights, client };
}

/**
 * Reads the record of a tag and its token while the visibility of its image is looked up: KV may be
 * far away.
 */
function readAhead(
  { tags, platform }: Services,
  { headers }: ClientRequest,
  upstream: Upstream,
  { name, registry }: LocatedImage,
  route: ImageRoute,
): void {
  if (route.kind !== "manifest" || route.reference.kind !== "tag") return;
  const partition = publicPartition(registry.id);
  const key = tagKey(partition, name, route.reference.tag, parseAccept(headers.get("accept")));
  platform.waitUntil(tags.read(key));
  platform.waitUntil(readTokenAhead(upstream, name).catch(() => {}));
}

/**
 * @param upstreamQuery of the upstream's next page.
 * @returns the query of the same page on the mirror.
 */
export function nextPageQuery(upstreamQuery: string, { namespace }: Target): string {
  const query = new URLSearchParams(upstreamQuery);
  // An `ns` of the upstream would name a registry of this mirror.
  query.delete("ns");
  if (namespace !== null) query.set("ns", namespace);
  return query.toString();
}

/** @returns the query for the upstream, without `ns`, which is for the mirror. */
export function upstreamQuery({ client }: Target): URLSearchParams {
  const query = new URLSearchParams(client.url.searchParams);
  query.delete("ns");
  return query;
}

/** @returns the registry before the name or in `ns`; null if there is neither. */
function namedRegistry(
  image: ImageName,
  namespaces: readonly string[],
  registries: Registries,
): Registry | null {
  const aliases = [image.host, ...namespaces].filter((alias) => alias !== null);
  const found = aliases.map((alias) => {
    const registry = findRegistry(registries, alias);
    if (registry !== null) return registry;
    const available = registries.all.map(({ name }) => name).join(", ");
    // The alias comes from the client and may contain any character.
    const quoted = JSON.stringify(alias.slice(0, 100));
    throw unknownName(
      `${image.name}: registry ${quoted} is not configured here (available: ${available})`,
    );
  });
  const [first = null] = found;
  const hasSecondHost = image.host !== null && hostOf(image.name) !== null;
  if (!hasSecondHost && found.every((registry) => registry === first)) return first;
  throw unknownName(`${image.requestedName}: the request names two registries`);
}

function unknownName(message: string): RegistryError {
  return new RegistryError("NAME_UNKNOWN", message);
}
