import { referrersKey, tagListKey } from "../cache/keys.ts";
import type { Digest } from "../protocol/digest.ts";
import { RegistryError } from "../protocol/errors.ts";
import { nextLink } from "../protocol/link.ts";
import { OCI_INDEX } from "../protocol/media-type.ts";
import type { Services } from "../services.ts";
import { listReferrers, listTags } from "../upstream/list.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import { nextPageQuery, type Target, upstreamQuery } from "./target.ts";

/**
 * GET and HEAD `/v2/<name>/tags/list` (OCI distribution-spec, "Listing tags"), not cached.
 *
 * @throws RegistryError PAGINATION_NUMBER_INVALID, and the errors of `listTags`.
 */
export async function serveTagList({ negative }: Services, target: Target): Promise<Answer> {
  const { requestedName, name, upstream, partition, client } = target;
  // One key for all pages: a client must not page on after a 429.
  const list = (query: URLSearchParams) =>
    negative.guard(`GET ${tagListKey(partition, name)}`, "limits", () =>
      listTags(upstream, name, query),
    );
  const n = client.url.searchParams.get("n");
  if (n !== null && !/^\d+$/.test(n)) throw invalidNumber(requestedName, n);
  if (n !== null && Number(n) === 0) {
    // An unknown repository is an error all the same.
    await list(new URLSearchParams({ n: "1" }));
    return jsonAnswer(JSON.stringify({ name: requestedName, tags: [] }));
  }
  const { tags, nextQuery } = await list(upstreamQuery(target));
  const link = linkTo(target, "tags/list", nextQuery);
  return jsonAnswer(JSON.stringify({ name: requestedName, tags }), { link });
}

/**
 * GET and HEAD `/v2/<name>/referrers/<digest>` (OCI distribution-spec, "Listing Referrers"), not
 * cached.
 *
 * @throws RegistryError as `listReferrers`.
 */
export async function serveReferrers(
  { negative }: Services,
  target: Target,
  digest: Digest,
): Promise<Answer> {
  const { name, upstream, partition } = target;
  const key = `GET ${referrersKey(partition, name, digest)}`;
  const page = await negative.guard(key, "limits", () =>
    listReferrers(upstream, name, digest, upstreamQuery(target)),
  );
  const { bytes, filtersApplied, nextQuery } = page;
  const link = linkTo(target, `referrers/${digest}`, nextQuery);
  return jsonAnswer(bytes, { contentType: OCI_INDEX, link, filtersApplied });
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
