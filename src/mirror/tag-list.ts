import { tagListKey } from "../cache/keys.ts";
import { RegistryError } from "../protocol/errors.ts";
import { nextLink } from "../protocol/link.ts";
import { listTags } from "../upstream/list.ts";
import type { Context } from "./context.ts";
import type { Image } from "./image.ts";
import { type ClientRequest, forwardedQuery, nextPage } from "./request.ts";
import { respondJson } from "./respond.ts";

/**
 * GET and HEAD `/v2/<name>/tags/list` (OCI distribution-spec, "Listing tags"), always asked anew.
 *
 * @throws RegistryError PAGINATION_NUMBER_INVALID, NAME_UNKNOWN and what `listTags` has.
 */
export async function serveTagList(
  { upstream, refusals, space }: Context,
  { isHead, query, base }: ClientRequest,
  image: Image,
): Promise<Response> {
  // Whichever page: a client that pages on must not ask an upstream that said 429.
  const key = tagListKey(space, image.name);
  const list = (page: URLSearchParams) =>
    refusals.guardLimit(key, () => listTags(upstream, image.name, page));
  const n = query.get("n");
  if (n !== null && !/^\d+$/.test(n)) throw invalidNumber(image, n);
  if (n !== null && Number(n) === 0) {
    await list(new URLSearchParams({ n: "1" }));
    return respondJson(JSON.stringify({ name: image.asked, tags: [] }), { isHead });
  }
  const { tags, nextQuery } = await list(forwardedQuery(query));
  const link =
    nextQuery && nextLink(`${base}${image.asked}/tags/list`, nextPage(nextQuery, image.namespace));
  return respondJson(JSON.stringify({ name: image.asked, tags }), { isHead, link });
}

function invalidNumber(image: Image, n: string): RegistryError {
  return new RegistryError(
    "PAGINATION_NUMBER_INVALID",
    `${image.asked}: n=${n.slice(0, 50)} is not a number of tags: a whole number from 0`,
  );
}
