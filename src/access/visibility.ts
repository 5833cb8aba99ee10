import { loginPartition, ownerPartition, publicPartition, visibilityKey } from "../cache/keys.ts";
import type { NegativeCache } from "../cache/negative.ts";
import type { VisibilityCache } from "../cache/visibility.ts";
import type { PrivateImages } from "../config/access.ts";
import type { Registry } from "../config/registries.ts";
import { DOCKER_HUB_NAMESPACE } from "../config/registry-table.ts";
import { type SingleFlight, unshared } from "../platform/single-flight.ts";
import { parseBearer } from "../protocol/basic.ts";
import { isTransient, RegistryError } from "../protocol/errors.ts";
import { ANY_TYPE, essence, isManifestType } from "../protocol/media-type.ts";
import type { Name } from "../protocol/name.ts";
import { digestLabel, imageLabel, type Reference, referenceText } from "../protocol/reference.ts";
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

/** The error of an image that the upstream does not have. */
const UNKNOWN_CODE = {
  manifest: "MANIFEST_UNKNOWN",
  referrers: "MANIFEST_UNKNOWN",
  blob: "BLOB_UNKNOWN",
  tags: "NAME_UNKNOWN",
} as const;

export interface VisibilityServices {
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
  privateImages: PrivateImages,
  upstreams: Candidates["upstreams"],
  image: RequestedImage,
  route: ImageRoute,
  login: Login | null,
  beforeCheck: () => Promise<void>,
): Promise<Rights> {
  const [{ singleFlight }] = upstreams;
  const { id } = image.registry;
  const accounts = privateImages === "allow" ? accountsOf(upstreams) : [];
  const partition = accounts.length > 0 ? await ownerPartition(id, accounts) : publicPartition(id);
  const admitted = new Set<string>();
  async function admit(upstream: Upstream): Promise<void> {
    if (upstream.clientToken !== null || admitted.has(upstream.id)) return;
    const mayServe =
      !needsCheck(privateImages, upstream, image) ||
      (await isPublic(services, upstream, image, route, beforeCheck));
    if (!mayServe) {
      throw new RegistryError("NAME_UNKNOWN", missingOrPrivate(labelOf(image, route)), {
        reason: 'the image is not public, and PRIVATE_IMAGES is "check"',
      });
    }
    admitted.add(upstream.id);
  }
  if (login !== null) {
    // Shared content is never fetched with the rights of one client, nor refused for its lack.
    const [first, ...others] = upstreams;
    const check = isPublic(services, first, image, route, beforeCheck);
    const isShared = await check.catch(() => false);
    if (isShared) return { upstreams, admit, partition, singleFlight };
    // Two tokens of one account may have different rights, so their requests are not shared.
    const own = { ...first, account: null, clientToken: login.upstreamToken };
    const ownPartition = loginPartition(id, login.accountHash);
    const ownUpstreams = [own, ...others] as const;
    return { upstreams: ownUpstreams, admit, partition: ownPartition, singleFlight: unshared };
  }
  await askInOrder({ upstreams, admit }, async () => {});
  return { upstreams, admit, partition, singleFlight };
}

/**
 * The accounts whose content is in one partition. A further upstream without an account changes
 * nothing, so that what is cached stays.
 */
function accountsOf(upstreams: Candidates["upstreams"]): (string | null)[] {
  const [{ account }, ...others] = upstreams;
  const further = others.flatMap((one) => (one.account ? [one.id, one.account.username] : []));
  return account === null && further.length === 0 ? [] : [account?.username ?? null, ...further];
}

/** @returns whether the mirror's account may only serve the image if it is public. */
export function needsCheck(
  privateImages: PrivateImages,
  upstream: Upstream,
  image: RequestedImage,
): boolean {
  const { account } = upstream;
  return account !== null && privateImages === "check" && !isCertainlyPublic(upstream, image);
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
  // KV may be far away, so the token for a check is read at the same time.
  const tokenRead = readTokenAhead(asAnonymous(upstream), image.name).catch(() => {});
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
        return visibility.write(key, await isPublicUpstream(upstream, image, route, probe));
      }),
    );
    return value.isPublic;
  } catch (error) {
    if (!isTransient(error)) throw error;
    if (known === null || !visibility.isUsableWhenStale(known)) throw undecided(image, error);
    visibility.recordFailure(key, known);
    return known.isPublic;
  }
}

/** @returns whether the visibility of the image has to be looked up outside the isolate. */
export function needsLookup(
  { visibility }: Pick<VisibilityServices, "visibility">,
  privateImages: PrivateImages,
  upstream: Upstream,
  image: RequestedImage,
): boolean {
  if (!needsCheck(privateImages, upstream, image)) return false;
  const held = visibility.peek(visibilityKey(upstream.id, image.name));
  return held === null || !visibility.isFresh(held);
}

function asAnonymous(upstream: Upstream): Upstream {
  return { ...upstream, account: null, clientToken: null };
}

async function isPublicUpstream(
  upstream: Upstream,
  { name }: RequestedImage,
  route: ImageRoute,
  probe: Omit<RegistryRequest, "name">,
): Promise<boolean> {
  const anonymous = asAnonymous(upstream);
  const isGranted = await anonymousGrant(anonymous, name);
  if (isGranted !== null) return isGranted;
  const head = await fetchFromRegistry(anonymous, { ...probe, name });
  const isHeadRefused = probe.method === "HEAD" && refusesHead(head);
  if (isHeadRefused) discard(head.response);
  const answer = isHeadRefused
    ? await fetchFromRegistry(anonymous, { ...probe, name, method: "GET" })
    : head;
  const { status, headers } = answer.response;
  const isRefused = status === 401 || status === 403;
  // A refusal by a storage says nothing: its URL may have been signed for something else.
  if (![200, 206, 416].includes(status) && !(isRefused && answer.isRegistry)) {
    throw await failureOf(anonymous, answer, { label: name, unknown: UNKNOWN_CODE[route.kind] });
  }
  discard(answer.response);
  // A registry may redirect anonymous clients to a page for logins.
  const type = essence(headers.get("content-type") ?? "");
  const isContent = route.kind === "blob" ? type !== "text/html" : isManifestType(type);
  return !isRefused && (answer.isRegistry || isContent);
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

/** @returns a request that is not counted as a pull. public.ecr.aws has no HEAD for blobs. */
function probeOf(route: ImageRoute): Omit<RegistryRequest, "name"> {
  switch (route.kind) {
    case "manifest":
      return headOf(route.reference);
    case "referrers":
      return headOf({ kind: "digest", digest: route.digest });
    case "blob":
      return { path: `blobs/${route.digest}`, method: "GET", headers: { range: "bytes=0-0" } };
    case "tags":
      return { path: "tags/list?n=1", method: "GET" };
  }
}

function headOf(reference: Reference): Omit<RegistryRequest, "name"> {
  const headers = { accept: ANY_TYPE };
  return { path: `manifests/${referenceText(reference)}`, method: "HEAD", headers };
}

/** @returns the image in the words of an upstream that does not have it. */
function labelOf({ name }: RequestedImage, route: ImageRoute): string {
  if (route.kind === "manifest") return imageLabel(name, route.reference);
  return route.kind === "blob" ? digestLabel(name, route.digest) : name;
}

function undecided({ requestedName }: RequestedImage, error: RegistryError): RegistryError {
  return new RegistryError(
    error.code,
    `${requestedName}: whether this image is public is not known now (${error.message}). If the mirror's account can only read public images, its owner can set PRIVATE_IMAGES to "public-only-account"`,
    error,
  );
}
