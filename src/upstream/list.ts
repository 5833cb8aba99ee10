import type { Digest } from "../protocol/digest.ts";
import { type ErrorCode, RegistryError } from "../protocol/errors.ts";
import { parseJsonObject } from "../protocol/json.ts";
import { parseNextQuery } from "../protocol/link.ts";
import { OCI_INDEX } from "../protocol/media-type.ts";
import type { Name } from "../protocol/name.ts";
import { ask, type Reply } from "./ask.ts";
import { discard } from "./body.ts";
import { failureOf } from "./failure.ts";
import type { Upstream } from "./upstream.ts";

export interface TagPage {
  readonly tags: readonly string[];
  /** The query of the next page, or null. */
  readonly nextQuery: string | null;
}

export interface ReferrersPage {
  /** An OCI image index, as the upstream wrote it. */
  readonly bytes: Uint8Array;
  readonly filtersApplied: string | null;
  readonly nextQuery: string | null;
}

const MAX_LIST_BYTES = 8 * 1024 * 1024;

/**
 * @param query passed on as it is: `n`, `last`, whatever cursor the upstream gave.
 * @throws RegistryError NAME_UNKNOWN, PAGINATION_NUMBER_INVALID and what `failureOf` and `ask` have.
 */
export async function listTags(
  upstream: Upstream,
  name: Name,
  query: URLSearchParams,
): Promise<TagPage> {
  const reply = await ask(upstream, { name, path: below("tags/list", query), method: "GET" });
  const { status, headers } = reply.response;
  if (status === 400 && query.size > 0) {
    discard(reply.response);
    throw new RegistryError("PAGINATION_NUMBER_INVALID", `${name}: the upstream refuses this page`);
  }
  if (status !== 200) throw await failureOf(upstream, reply, subjectOf(name, "NAME_UNKNOWN"));
  const list = parseJsonObject(await readList(upstream, reply, name));
  const tags = list?.tags ?? [];
  if (list === null || "errors" in list || !isStrings(tags)) throw unreadable(reply, name);
  return { tags, nextQuery: parseNextQuery(headers.get("link")) };
}

/**
 * @param query passed on as it is: `artifactType`, whatever cursor the upstream gave.
 * @throws RegistryError MANIFEST_UNKNOWN if the upstream has no such list (or no such API), and
 * what else `failureOf` and `ask` have.
 */
export async function listReferrers(
  upstream: Upstream,
  { name, digest }: { readonly name: Name; readonly digest: Digest },
  query: URLSearchParams,
): Promise<ReferrersPage> {
  const reply = await ask(upstream, {
    name,
    path: below(`referrers/${digest}`, query),
    method: "GET",
    headers: { accept: OCI_INDEX },
  });
  const { status, headers } = reply.response;
  if ([400, 404, 405, 406, 410, 501].includes(status)) {
    discard(reply.response);
    throw new RegistryError("MANIFEST_UNKNOWN", `${name}@${digest}: no list of referrers upstream`);
  }
  if (status !== 200) throw await failureOf(upstream, reply, subjectOf(name, "MANIFEST_UNKNOWN"));
  const bytes = await readList(upstream, reply, name);
  if (!Array.isArray(parseJsonObject(bytes)?.manifests)) throw unreadable(reply, name);
  const filtersApplied = headers.get("oci-filters-applied");
  return { bytes, filtersApplied, nextQuery: parseNextQuery(headers.get("link")) };
}

async function readList(upstream: Upstream, reply: Reply, name: Name): Promise<Uint8Array> {
  const bytes = await upstream.http.read(reply.response, reply.url, MAX_LIST_BYTES);
  if (bytes === null) throw unreadable(reply, name);
  return bytes;
}

function unreadable(reply: Reply, name: Name): RegistryError {
  return new RegistryError(
    "UNAVAILABLE",
    `${name}: what ${reply.url.host} sent is no list that can be read; try again`,
  );
}

function below(path: string, query: URLSearchParams): string {
  return query.size === 0 ? path : `${path}?${query}`;
}

function subjectOf(name: Name, unknown: ErrorCode) {
  return { label: name, unknown };
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
