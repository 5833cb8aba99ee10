import { loginPartition, ownerPartition, publicPartition, visibilityKey } from "../cache/keys.ts";
import type { NegativeCache } from "../cache/negative.ts";
import type { VisibilityCache } from "../cache/visibility.ts";
import type { AccessConfig } from "../config/access.ts";
import type { Registry } from "../config/registries.ts";
import { DOCKER_HUB_NAMESPACE } from "../config/registry-table.ts";
import { type SingleFlight, unshared } from "../platform/single-flight.ts";
import { parseBearer } from "../protocol/basic.ts";
import { type ErrorCode, isTransient, RegistryError } from "../protocol/errors.ts";
import { ANY_TYPE, essence, isManifestType } from "../protocol/media-type.ts";
import type { Name } from "../protocol/name.ts";
import { digestLabel, imageLabel, referenceText } from "../protocol/reference.ts";
import type { Route } from "../protocol/route.ts";
import { grantsPull } from "../protocol/token.ts";
import { authorize, readTokenAhead } from "../upstream/auth/credentials.ts";
import { failureOf, missingOrPrivate } from "../upstream/failure.ts";
import { discard } from "../upstream/http.ts";
import { askInOrder, type Candidates } from "../upstream/in-order.ts";
import { refusesHead } from "../upstream/manifest.ts";
import { fetchFromRegistry, type RegistryRequest } from "../upstream/registry.ts";
import { nameAt, type Upstream } from "../upstream/upstream.ts";
import type { Login } from "./mirror-token.ts";

/** A request for an image: every route but the base. */
export type ImageRoute = Exclude<Route, { kind: "base" }>;

/** An image as it was requested. */
export interface RequestedImage {
  readonly registry: Registry;
  readonly requestedName: string;
  readonly name: Name;
}

/** The rights with which an image is requested, and the part of the caches they may see. */
export interface Rights extends Candidates {
  readonly partition: string;
  readonly singleFlight: SingleFlight;
}

/** A request that shows whether an image is public. */
interface Probe extends Omit<RegistryRequest, "name"> {
  /** The error if the upstream does not have it. */
  readonly unknown: ErrorCode;
}

export interface VisibilityServices {
  readonly config: { readonly access: Pick<AccessConfig, "privateImages"> };
  readonly visibility: VisibilityCache;
  readonly negative: NegativeCache;
}

/**
 * Decides with whose rights an image is requested. Everyone may have public images. Other images
 * are for a client's own account, in a cache partition of its own. The mirror's account serves them
 * only if its owner allows it. Of several upstreams, each with an account serves only what is public
 * there; one of them has to, before anything cached is given.
 *
 * @param upstreams with the mirror's accounts.
 * @param login the client's login at the first upstream, or null.
 * @param beforeCheck runs before the upstream is asked, and may throw.
 * @throws RegistryError NAME_UNKNOWN for an image that the client may not see, as for a missing one.
 */
export async function rightsFor(
  services: VisibilityServices,
  upstreams: Candidates["upstreams"],
  image: RequestedImage,
  route: ImageRoute,
  login: Login | null,
  beforeCheck: () => Promise<void>,
): Promise<Rights> {
  const [first, ...others] = upstreams;
  const { singleFlight } = first;
  const { id } = image.registry;
  const isPublicAt = (upstream: Upstream) =>
    isPublic(services, upstream, image, route, beforeCheck);
  async function admit(upstream: Upstream): Promise<void> {
    if (!needsCheck(services, upstream) || (await isPublicAt(upstream))) return;
    throw new RegistryError("NAME_UNKNOWN", missingOrPrivate(labelOf(image, route)), {
      reason: 'the image is not public, and PRIVATE_IMAGES is "check"',
    });
  }
  // Shared content is never fetched with the rights of one client, nor refused for its lack.
  if (login !== null && !(await isPublicAt(first).catch(() => false))) {
    // Two tokens of one account may have different rights, so their requests are not shared.
    const own = { ...first, account: null, clientToken: login.upstreamToken };
    const partition = loginPartition(id, login.accountHash);
    return { upstreams: [own, ...others], admit, partition, singleFlight: unshared };
  }
  await askInOrder({ upstreams, admit }, async () => {});
  const { privateImages } = services.config.access;
  const owners = privateImages === "allow" ? upstreams : [];
  const accounts = owners.flatMap((one) => (one.account ? [one.id, one.account.username] : []));
  const partition = accounts.length > 0 ? await ownerPartition(id, accounts) : publicPartition(id);
  return { upstreams, admit, partition, singleFlight };
}

/** @returns whether the mirror's account may only serve an image if it is public. */
function needsCheck(
  { config }: Pick<VisibilityServices, "config">,
  { account }: Upstream,
): boolean {
  return account !== null && config.access.privateImages === "check";
}

/** @returns whether the image is public without a check. */
export function isCertainlyPublic(
  { isDockerHub = false }: Upstream,
  { name }: Pick<RequestedImage, "name">,
): boolean {
  return isDockerHub && name.startsWith(`${DOCKER_HUB_NAMESPACE}/`);
}

/**
 * Checks whether anonymous clients may pull from a repository. Official images are public; for
 * others the upstream decides, and its answer is cached for a week.
 *
 * @param beforeCheck runs before the upstream is asked, and may throw.
 * @throws RegistryError the failure of the upstream. An expired result answers while the failure is
 * temporary.
 */
export async function isPublic(
  { visibility, negative }: VisibilityServices,
  upstream: Upstream,
  image: RequestedImage,
  route: ImageRoute,
  beforeCheck: () => Promise<void> = async () => {},
): Promise<boolean> {
  if (isCertainlyPublic(upstream, image)) return true;
  const key = visibilityKey(upstream.id, image.name);
  const held = visibility.peek(key);
  if (held !== null && visibility.isFresh(held)) return held.isPublic;
  const anonymous = { ...upstream, account: null, clientToken: null };
  // KV may be far away, so the token for a check is read at the same time.
  const tokenRead = readTokenAhead(anonymous, image.name).catch(() => {});
  const known = await visibility.read(key);
  if (known !== null && visibility.isFresh(known)) return known.isPublic;
  await beforeCheck();
  try {
    const probe = probeOf(route);
    // A missing tag says nothing about another one.
    const probeKey = `${key} ${probe.method} ${probe.path}`;
    const { value } = await upstream.singleFlight(probeKey, () =>
      negative.guard(probeKey, "limits and missing", async () => {
        await tokenRead;
        return visibility.write(key, await isVisible(anonymous, image, route, probe));
      }),
    );
    return value.isPublic;
  } catch (error) {
    if (!isTransient(error)) throw error;
    if (known !== null && visibility.isUsableWhenStale(known)) {
      visibility.recordFailure(key, known);
      return known.isPublic;
    }
    throw new RegistryError(
      error.code,
      `whether this image is public is not known now: ${error.message}; set PRIVATE_IMAGES to "public-only-account" if the account reads public images only`,
      error,
    );
  }
}

/** @returns whether the visibility of the image has to be looked up outside the isolate. */
export function needsLookup(
  services: Pick<VisibilityServices, "config" | "visibility">,
  upstream: Upstream,
  image: RequestedImage,
): boolean {
  if (!needsCheck(services, upstream) || isCertainlyPublic(upstream, image)) return false;
  const held = services.visibility.peek(visibilityKey(upstream.id, image.name));
  return held === null || !services.visibility.isFresh(held);
}

/** @returns whether the upstream shows the image to anonymous clients. */
async function isVisible(
  anonymous: Upstream,
  { name }: RequestedImage,
  route: ImageRoute,
  { unknown, ...probe }: Probe,
): Promise<boolean> {
  const isGranted = await anonymousGrant(anonymous, name);
  if (isGranted !== null) return isGranted;
  let answer = await fetchFromRegistry(anonymous, { ...probe, name });
  // Some storages sign URLs for GET only, and a signature may have expired.
  if (refusesHead(answer)) {
    discard(answer.response);
    answer = await fetchFromRegistry(anonymous, { ...probe, name, method: "GET" });
  }
  const { response, isRegistry } = answer;
  const { status, headers } = response;
  // A refusal by a storage says nothing: its URL may have been signed for something else.
  const isRefused = isRegistry && (status === 401 || status === 403);
  if (!isRefused && ![200, 206, 416].includes(status)) {
    throw await failureOf(anonymous, answer, { label: name, unknown });
  }
  discard(response);
  // A registry may redirect anonymous clients to a page for logins.
  const type = essence(headers.get("content-type") ?? "");
  const isContent = route.kind === "blob" ? type !== "text/html" : isManifestType(type);
  return !isRefused && (isRegistry || isContent);
}

/** @returns whether an anonymous token allows the pull; null if that is not known. */
async function anonymousGrant(anonymous: Upstream, name: Name): Promise<boolean | null> {
  try {
    const token = parseBearer((await authorize(anonymous, name)).header);
    if (token === null || !anonymous.isDockerHub) return null;
    return grantsPull(token, nameAt(anonymous, name));
  } catch (error) {
    if (error instanceof RegistryError && error.code === "NAME_UNKNOWN") return false;
    throw error;
  }
}

/** A request that is not counted as a pull. public.ecr.aws has no HEAD for blobs. */
function probeOf(route: ImageRoute): Probe {
  const { kind } = route;
  if (kind === "tags") return { path: "tags/list?n=1", method: "GET", unknown: "NAME_UNKNOWN" };
  if (kind === "blob") {
    const headers = { range: "bytes=0-0" };
    return { path: `blobs/${route.digest}`, method: "GET", headers, unknown: "BLOB_UNKNOWN" };
  }
  const reference = kind === "manifest" ? referenceText(route.reference) : route.digest;
  const headers = { accept: ANY_TYPE };
  return { path: `manifests/${reference}`, method: "HEAD", headers, unknown: "MANIFEST_UNKNOWN" };
}

/** @returns the image in the words of an upstream that does not have it. */
function labelOf({ name }: RequestedImage, route: ImageRoute): string {
  if (route.kind === "manifest") return imageLabel(name, route.reference);
  return route.kind === "blob" ? digestLabel(name, route.digest) : name;
}
