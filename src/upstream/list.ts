import type { Digest } from "../protocol/digest.ts";
import { RegistryError } from "../protocol/errors.ts";
import { parseJsonObject } from "../protocol/json.ts";
import { parseNextQuery } from "../protocol/link.ts";
import { OCI_INDEX } from "../protocol/media-type.ts";
import type { Name } from "../protocol/name.ts";
import { failureOf } from "./failure.ts";
import { discard, retryTruncated } from "./http.ts";
import { fetchFromRegistry, REDIRECT_REFUSED, type RegistryResponse } from "./registry.ts";
import type { Upstream } from "./upstream.ts";

export interface TagPage {
  readonly tags: readonly string[];
  /** The query of the next page, or null. */
  readonly nextQuery: string | null;
}

export interface ReferrersPage {
  /** An OCI image index, as the upstream wrote it. */
  readonly index: string;
  /** The `OCI-Filters-Applied` header, or null. */
  readonly filtersApplied: string | null;
  /** The query of the next page, or null. */
  readonly nextQuery: string | null;
}

/** The page sizes that registries allow, largest first. */
const PAGE_SIZES = [1_000, 100];
/** The statuses by which registries reject a page size. */
const SIZE_REJECTIONS = [400, 405, 413, 422];
/** Six lists at once have to fit into the memory of an isolate, each several times. */
const MAX_LIST_BYTES = 2 * 1024 * 1024;

/**
 * @param query passed on unchanged: `n`, `last`, or any cursor of the upstream. If the upstream
 * rejects an `n` over 100, a smaller one is tried.
 * @throws RegistryError NAME_UNKNOWN, PAGINATION_NUMBER_INVALID, and the errors of `failureOf` and
 * `fetchFromRegistry`.
 */
export const listTags = retryTruncated(async function listTags(
  upstream: Upstream,
  name: Name,
  query: URLSearchParams,
): Promise<TagPage> {
  let answer = await fetchTags(upstream, name, query);
  for (const size of PAGE_SIZES) {
    if (!SIZE_REJECTIONS.includes(answer.response.status)) break;
    if (Number(query.get("n")) <= size) continue;
    discard(answer.response);
    const smaller = new URLSearchParams(query);
    smaller.set("n", String(size));
    answer = await fetchTags(upstream, name, smaller);
  }
  const { status, headers } = answer.response;
  if (SIZE_REJECTIONS.includes(status) && query.size > 0) {
    discard(answer.response);
    throw new RegistryError("PAGINATION_NUMBER_INVALID", `${name}: the upstream rejects this page`);
  }
  if (status !== 200)
    throw await failureOf(upstream, answer, { label: name, unknown: "NAME_UNKNOWN" });
  const bytes = await readList(upstream, answer);
  const list = bytes && parseJsonObject(bytes);
  const tags = list?.tags ?? [];
  if (!list || "errors" in list || !isStrings(tags)) {
    const { host } = answer.url;
    throw new RegistryError(
      "UNAVAILABLE",
      `${name}: ${host} returned an unreadable tag list; try again`,
    );
  }
  return { tags, nextQuery: parseNextQuery(headers.get("link")) };
});

function fetchTags(
  upstream: Upstream,
  name: Name,
  query: URLSearchParams,
): Promise<RegistryResponse> {
  return fetchFromRegistry(upstream, { name, path: withQuery("tags/list", query), method: "GET" });
}

/**
 * @param query passed on unchanged: `artifactType`, or any cursor of the upstream.
 * @returns "none" if the upstream has no referrers API, or answers with anything but an index, so
 * that clients use the tag schema.
 * @throws RegistryError MANIFEST_UNKNOWN if the registry refuses to list them, which is not cached,
 * since it may depend on the account; and the errors of `failureOf` and `fetchFromRegistry`.
 */
export const listReferrers = retryTruncated(async function listReferrers(
  upstream: Upstream,
  name: Name,
  digest: Digest,
  query: URLSearchParams,
): Promise<ReferrersPage | "none"> {
  const path = withQuery(`referrers/${digest}`, query);
  const headers = { accept: OCI_INDEX };
  let answer: RegistryResponse;
  try {
    answer = await fetchFromRegistry(upstream, { name, path, method: "GET", headers });
  } catch (error) {
    // A redirect led to a place that is not a registry.
    if (error instanceof RegistryError && error.reason === REDIRECT_REFUSED) return "none";
    throw error;
  }
  const { response, isRegistry } = answer;
  const { status } = response;
  if (status === 408 || status === 429 || (status >= 500 && status !== 501)) {
    throw await failureOf(upstream, answer, { label: name, unknown: "MANIFEST_UNKNOWN" });
  }
  // The page to which a registry redirects decides nothing about access.
  if (isRegistry && (status === 401 || status === 403)) {
    discard(response);
    throw noReferrers(name, digest, status === 401);
  }
  if (status !== 200) {
    discard(response);
    return "none";
  }
  const bytes = await readList(upstream, answer);
  const index = bytes && parseJsonObject(bytes);
  const hasNone = index?.manifests === null;
  if (!index || (!hasNone && !Array.isArray(index.manifests))) return "none";
  return {
    index: hasNone ? JSON.stringify({ ...index, manifests: [] }) : new TextDecoder().decode(bytes),
    filtersApplied: response.headers.get("oci-filters-applied"),
    nextQuery: parseNextQuery(response.headers.get("link")),
  };
});

/**
 * @param isRejection whether the upstream rejects the mirror, so that a cached list may answer.
 * @returns the error after which clients use the tag schema.
 */
export function noReferrers(name: Name, digest: Digest, isRejection = false): RegistryError {
  const message = `${name}@${digest}: the upstream has no list of referrers`;
  return new RegistryError("MANIFEST_UNKNOWN", message, { isRejection });
}

/** @returns null for a list that is too large. */
function readList(
  { http, usage }: Upstream,
  { response, url }: RegistryResponse,
): Promise<Uint8Array | null> {
  return http.read(response, url, usage, MAX_LIST_BYTES);
}

function withQuery(path: string, query: URLSearchParams): string {
  return query.size === 0 ? path : `${path}?${query}`;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
