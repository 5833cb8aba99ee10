import type { Digest } from "../protocol/digest.ts";
import { namesDigest } from "../protocol/etag.ts";
import { parseAccept } from "../protocol/media-type.ts";
import type { Tag } from "../protocol/reference.ts";
import type { Services } from "../services.ts";
import { type Answer, manifestAnswer } from "./answer.ts";
import { describeManifest, loadManifest } from "./manifest-loader.ts";
import { isMissing, readTag, resolveTag } from "./tag.ts";
import type { Target } from "./target.ts";

/**
 * GET and HEAD `/v2/<name>/manifests/<tag>`.
 *
 * @throws RegistryError for every answer but 200 and 304.
 */
export async function serveTag(services: Services, target: Target, tag: Tag): Promise<Answer> {
  const accepted = parseAccept(target.client.headers.get("accept"));
  const { isCacheOnly, isHead } = target.client;
  const resolve = isCacheOnly ? readTag : resolveTag;
  const { key, descriptor, ...origin } = await resolve(services, target, tag, accepted);
  const isUnchanged = clientHas(target, descriptor.digest);
  const answer = { manifest: descriptor, isUnchanged, isByTag: true, ...origin };
  if (isHead || isUnchanged) return manifestAnswer(answer);
  try {
    const { manifest, cacheStatus } = await loadManifest(services, target, descriptor.digest);
    const { forwarded, isStale, isFallback } = origin.cacheStatus;
    if (forwarded !== null) return manifestAnswer({ ...answer, manifest });
    return manifestAnswer({
      ...{ ...answer, manifest },
      cacheStatus: { ...cacheStatus, isStale, isFallback },
    });
  } catch (error) {
    if (isMissing(error)) services.tags.remove(key);
    throw error;
  }
}

/**
 * GET and HEAD `/v2/<name>/manifests/<digest>`.
 *
 * @throws RegistryError for every answer but 200 and 304.
 */
export async function serveDigest(
  services: Services,
  target: Target,
  digest: Digest,
): Promise<Answer> {
  const isUnchanged = clientHas(target, digest);
  const load = target.client.isHead || isUnchanged ? describeManifest : loadManifest;
  const loaded = await load(services, target, digest);
  return manifestAnswer({ ...loaded, isUnchanged, isByTag: false, warning: null });
}

function clientHas({ client }: Target, digest: Digest): boolean {
  return namesDigest(client.headers.get("if-none-match"), digest);
}
