import { referrersKey } from "../cache/keys.ts";
import type { Digest } from "../protocol/digest.ts";
import { nextLink } from "../protocol/link.ts";
import { OCI_INDEX } from "../protocol/media-type.ts";
import { listReferrers } from "../upstream/list.ts";
import type { Context } from "./context.ts";
import type { Image } from "./image.ts";
import { type ClientRequest, forwardedQuery, nextPage } from "./request.ts";
import { respondJson } from "./respond.ts";

/**
 * GET and HEAD `/v2/<name>/referrers/<digest>` (OCI distribution-spec, "Listing Referrers"), always
 * asked anew.
 *
 * @throws RegistryError as `listReferrers`.
 */
export async function serveReferrers(
  { upstream, refusals, space }: Context,
  { isHead, query, base }: ClientRequest,
  image: Image,
  digest: Digest,
): Promise<Response> {
  const question = { name: image.name, digest };
  const page = await refusals.guardLimit(referrersKey(space, image.name, digest), () =>
    listReferrers(upstream, question, forwardedQuery(query)),
  );
  const { bytes, filtersApplied, nextQuery } = page;
  const path = `${base}${image.asked}/referrers/${digest}`;
  const link = nextQuery && nextLink(path, nextPage(nextQuery, image.namespace));
  return respondJson(bytes, { isHead, contentType: OCI_INDEX, link, filtersApplied });
}
