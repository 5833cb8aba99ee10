import { oci } from "../image/media-types.ts";
import { bodyResponse, errorResponse } from "./respond.ts";
import type { Repository } from "./store.ts";
import type { Paging } from "./tags.ts";

/** An index of the manifests whose `subject` is the digest: empty when there are none. */
export function serveReferrers(
  method: string,
  url: URL,
  digest: string,
  repository: Repository,
  paging: Paging,
): Response {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    return errorResponse(method, 400, "DIGEST_INVALID", "provided digest did not match");
  }
  const type = url.searchParams.get("artifactType");
  const last = url.searchParams.get("last") ?? "";
  const all = referrersOf(repository, digest)
    .filter(({ artifactType }) => type === null || artifactType === type)
    .filter((referrer) => referrer.digest > last);
  const manifests = all.slice(0, paging.pageSize);
  const query = new URLSearchParams(url.searchParams);
  query.set("last", manifests.at(-1)?.digest ?? "");
  const next = `${paging.linkOrigin}${url.pathname}?${query}`;
  const body = JSON.stringify({ schemaVersion: 2, mediaType: oci.index, manifests });
  return bodyResponse(method, 200, body, {
    "content-type": oci.index,
    ...(type === null ? {} : { "oci-filters-applied": "artifactType" }),
    ...(all.length > manifests.length ? { link: `<${next}>; rel="next"` } : {}),
  });
}

interface Referrer {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType: string;
}

function referrersOf(repository: Repository, subject: string): Referrer[] {
  const referrers: Referrer[] = [];
  for (const [digest, { bytes, mediaType }] of repository.manifests) {
    const manifest = JSON.parse(new TextDecoder().decode(bytes)) as ReferrerManifest;
    if (manifest.subject?.digest !== subject) continue;
    const artifactType = manifest.artifactType ?? manifest.config?.mediaType ?? "";
    referrers.push({ mediaType, digest, size: bytes.length, artifactType });
  }
  return referrers.sort((one, other) => (one.digest < other.digest ? -1 : 1));
}

interface ReferrerManifest {
  readonly artifactType?: string;
  readonly subject?: { readonly digest: string };
  readonly config?: { readonly mediaType: string };
}
