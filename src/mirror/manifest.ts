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
  const { isCacheOnly, countFetch } = target.client;
  const resolve = isCacheOnly ? readTag : resolveTag;
  const resolved = await resolve(services, target, tag, accepted);
  const { key, descriptor, cacheStatus, warning } = resolved;
  const isUnchanged = clientHas(target, descriptor.digest);
  const answer = { descriptor, bytes: null, isUnchanged, isByTag: true, cacheStatus, warning };
  if (target.client.isHead || isUnchanged) return manifestAnswer(answer);
  try {
    const loaded = await loadManifest(services, target, descriptor.digest, countFetch);
    const { manifest } = loaded;
    const { isStale, isFallback } = cacheStatus;
    return manifestAnswer({
      ...answer,
      descriptor: manifest,
      bytes: manifest.bytes,
      cacheStatus:
        cacheStatus.forwarded === null
          ? { ...loaded.cacheStatus, isStale, isFallback }
          : cacheStatus,
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
  const answer = { isUnchanged, isByTag: false, warning: null };
  const { countFetch } = target.client;
  if (target.client.isHead || isUnchanged) {
    const { descriptor, cacheStatus } = await describeManifest(
      services,
      target,
      digest,
      countFetch,
    );
    return manifestAnswer({ ...answer, descriptor, bytes: null, cacheStatus });
  }
  const { manifest, cacheStatus } = await loadManifest(services, target, digest, countFetch);
  return manifestAnswer({ ...answer, descriptor: manifest, bytes: manifest.bytes, cacheStatus });
}

function clientHas({ client }: Target, digest: Digest): boolean {
  return namesDigest(client.headers.get("if-none-match"), digest);
}
