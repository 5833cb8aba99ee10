import type { Digest } from "../protocol/digest.ts";
import { type ErrorCode, RegistryError } from "../protocol/errors.ts";
import { parseJsonObject } from "../protocol/json.ts";
import { parseNextQuery } from "../protocol/link.ts";
import { OCI_INDEX } from "../protocol/media-type.ts";
import type { Name } from "../protocol/name.ts";
import { failureOf } from "./failure.ts";
import { discard } from "./http.ts";
import { fetchFromRegistry, type RegistryResponse } from "./registry.ts";
import type { Upstream } from "./upstream.ts";

export interface TagPage {
  readonly tags: readonly string[];
  /** The query of the next page, or null. */
  readonly nextQuery: string | null;
}

export interface ReferrersPage {
  /** An OCI image index, byte for byte. */
  readonly bytes: Uint8Array;
  /** The `OCI-Filters-Applied` header, or null. */
  readonly filtersApplied: string | null;
  /** The query of the next page, or null. */
  readonly nextQuery: string | null;
}

/** Six lists at once have to fit into the memory of an isolate, each several times. */
const MAX_LIST_BYTES = 2 * 1024 * 1024;

/**
 * @param query passed on unchanged: `n`, `last`, or any cursor of the upstream.
 * @throws RegistryError NAME_UNKNOWN, PAGINATION_NUMBER_INVALID, and the errors of `failureOf` and
 * `fetchFromRegistry`.
 */
export async function listTags(
  upstream: Upstream,
  name: Name,
  query: URLSearchParams,
): Promise<TagPage> {
  const path = withQuery("tags/list", query);
  const answer = await fetchFromRegistry(upstream, { name, path, method: "GET" });
  const { status, headers } = answer.response;
  if (status === 400 && query.size > 0) {
    discard(answer.response);
    throw new RegistryError("PAGINATION_NUMBER_INVALID", `${name}: the upstream rejects this page`);
  }
  if (status !== 200) throw await failureOf(upstream, answer, subjectOf(name, "NAME_UNKNOWN"));
  const list = parseJsonObject(await readList(upstream, answer, name, "tag list"));
  const tags = list?.tags ?? [];
  if (list === null || "errors" in list || !isStrings(tags)) {
    throw unreadable(answer, name, "tag list");
  }
  return { tags, nextQuery: parseNextQuery(headers.get("link")) };
}

/**
 * @param query passed on unchanged: `artifactType`, or any cursor of the upstream.
 * @throws RegistryError MANIFEST_UNKNOWN if the upstream has no such list or no referrers API, and
 * the errors of `failureOf` and `fetchFromRegistry`.
 */
export async function listReferrers(
  upstream: Upstream,
  name: Name,
  digest: Digest,
  query: URLSearchParams,
): Promise<ReferrersPage> {
  const path = withQuery(`referrers/${digest}`, query);
  const headers = { accept: OCI_INDEX };
  const answer = await fetchFromRegistry(upstream, { name, path, method: "GET", headers });
  const { response } = answer;
  if ([400, 404, 405, 406, 410, 501].includes(response.status)) {
    discard(response);
    throw new RegistryError(
      "MANIFEST_UNKNOWN",
      `${name}@${digest}: the upstream has no list of referrers`,
    );
  }
  if (response.status !== 200) {
    throw await failureOf(upstream, answer, subjectOf(name, "MANIFEST_UNKNOWN"));
  }
  const bytes = await readList(upstream, answer, name, "list of referrers");
  if (!Array.isArray(parseJsonObject(bytes)?.manifests)) {
    throw unreadable(answer, name, "list of referrers");
  }
  return {
    bytes,
    filtersApplied: response.headers.get("oci-filters-applied"),
    nextQuery: parseNextQuery(response.headers.get("link")),
  };
}

async function readList(
  { http, usage }: Upstream,
  answer: RegistryResponse,
  name: Name,
  kind: string,
): Promise<Uint8Array> {
  const bytes = await http.read(answer.response, answer.url, usage, MAX_LIST_BYTES);
  if (bytes === null) throw unreadable(answer, name, kind);
  return bytes;
}

function unreadable({ url }: RegistryResponse, name: Name, kind: string): RegistryError {
  return new RegistryError(
    "UNAVAILABLE",
    `${name}: ${url.host} returned an unreadable ${kind}; try again`,
  );
}

function withQuery(path: string, query: URLSearchParams): string {
  return query.size === 0 ? path : `${path}?${query}`;
}

function subjectOf(name: Name, unknown: ErrorCode) {
  return { label: name, unknown };
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
