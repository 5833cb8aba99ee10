import { referrersKey, tagListKey } from "../cache/keys.ts";
import type { LoadedResponse } from "../cache/responses.ts";
import type { Digest } from "../protocol/digest.ts";
import { RegistryError } from "../protocol/errors.ts";
import { nextLink } from "../protocol/link.ts";
import { OCI_INDEX } from "../protocol/media-type.ts";
import type { Services } from "../services.ts";
import { askInOrder } from "../upstream/in-order.ts";
import { listReferrers, listTags, noReferrers } from "../upstream/list.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import { mayAnswerStale } from "./staleness.ts";
import { nextPageQuery, type Target, upstreamQuery } from "./target.ts";

/**
 * GET and HEAD `/v2/<name>/tags/list` (OCI distribution-spec, "Listing tags").
 *
 * @throws RegistryError PAGINATION_NUMBER_INVALID, and the errors of `listTags`.
 */
export async function serveTagList(services: Services, target: Target): Promise<Answer> {
  const { requestedName, name, partition } = target;
  const n = target.client.url.searchParams.get("n");
  if (n !== null && !/^\d+$/.test(n)) throw invalidNumber(requestedName, n);
  const isEmptyPage = n !== null && Number(n) === 0;
  // The tags of an unknown repository are an error all the same.
  const query = isEmptyPage ? new URLSearchParams({ n: "1" }) : upstreamQuery(target);
  const key = tagListKey(partition, name);
  const loaded = await loadList(services, target, key, query, (upstream) =>
    listTags(upstream, name, query),
  );
  const { cacheStatus, warning } = loaded;
  const { tags, nextQuery } = isEmptyPage ? { tags: [], nextQuery: null } : loaded.value;
  const link = linkTo(target, "tags/list", nextQuery);
  const json = JSON.stringify({ name: requestedName, tags });
  return jsonAnswer(json, { link, cacheStatus, warning });
}

/**
 * GET and HEAD `/v2/<name>/referrers/<digest>` (OCI distribution-spec, "Listing Referrers").
 *
 * @throws RegistryError MANIFEST_UNKNOWN if there are none, and the errors of `listReferrers`.
 */
export async function serveReferrers(
  services: Services,
  target: Target,
  digest: Digest,
): Promise<Answer> {
  const { name, partition } = target;
  const key = referrersKey(partition, name, digest);
  const query = upstreamQuery(target);
  const loaded = await loadList(services, target, key, query, (upstream) =>
    listReferrers(upstream, name, digest, query),
  );
  const { value: page, cacheStatus, warning } = loaded;
  if (page === "none") throw noReferrers(name, digest);
  const { index, filtersApplied, nextQuery } = page;
  const link = linkTo(target, `referrers/${digest}`, nextQuery);
  const options = { contentType: OCI_INDEX, link, filtersApplied, cacheStatus, warning };
  return jsonAnswer(index, options);
}

function loadList<T>(
  { lists }: Services,
  target: Target,
  key: string,
  query: URLSearchParams,
  ask: (upstream: Upstream) => Promise<T>,
): Promise<LoadedResponse<T>> {
  return lists.load({
    key: `${key}?${query}`,
    // One key for all pages: a client must not page on after a 429.
    refusalKey: `GET ${key}`,
    singleFlight: target.singleFlight,
    fetch: async () => (await askInOrder(target, ask)).value,
    mayAnswerStale: (error, ageMs) => mayAnswerStale(error, target, ageMs),
  });
}

/** @returns the `Link` to the next page on the mirror; null without one. */
function linkTo(target: Target, path: string, nextQuery: string | null): string | null {
  if (nextQuery === null) return null;
  const { client, requestedName } = target;
  const query = nextPageQuery(nextQuery, target);
  return nextLink(`${client.basePath}${requestedName}/${path}`, query);
}

function invalidNumber(requestedName: string, n: string): RegistryError {
  return new RegistryError(
    "PAGINATION_NUMBER_INVALID",
    `${requestedName}: n=${n.slice(0, 50)} is invalid; expected a whole number from 0`,
  );
}
