// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are pieces of source.
import type { Mutant } from "../mutant.ts";

/** A client gets the wrong manifest, or a pull that it did not ask for. */
export const MANIFEST_MUTANTS: readonly Mutant[] = [
  {
    name: "caches a tag across Accept classes",
    file: "cache/keys.ts",
    from: "${name}/${tag}/${accepted}`",
    to: "${name}/${tag}`",
    tests: ["handler/accept"],
  },
  {
    name: "caches a 404 across Accept classes",
    file: "cache/refusal.ts",
    from: "createRefusalCache({ memory, now, missingSeconds }: RefusalDeps): RefusalCache {",
    to: `createRefusalCache({ memory: own, now, missingSeconds }: RefusalDeps): RefusalCache {
  const shared = (key: string) => key.replace(/^(v1\\/tag\\/.*)\\/[^/]+$/, "$1");
  const memory = {
    get: (key: string) => own.get(shared(key)),
    set: (key: string, refusal: Refusal) => own.set(shared(key), refusal),
  };`,
    tests: ["handler/accept"],
  },
  {
    name: "takes a type with q=0 for an accepted one",
    file: "protocol/media-type.ts",
    from: "return !/;\\s*q=0(\\.0*)?\\s*(;|$)/i.test(element);",
    to: "return true;",
    tests: ["handler/accept"],
  },
  {
    name: "keeps the cache key without the repository",
    file: "cache/keys.ts",
    from: "`v1/manifest/${space}/${name}/${digest}`",
    to: "`v1/manifest/${space}/${digest}`",
    tests: ["cache/keys"],
  },
  {
    name: "stores a manifest before its sha256 is checked",
    file: "upstream/manifest.ts",
    from: "const isVerified = await matchesDigest(bytes, digest);",
    to: "const isVerified = bytes.byteLength > 0;",
    tests: ["handler/integrity"],
  },
  {
    name: "keeps a signed manifest that nobody can verify",
    file: "mirror/obtain.ts",
    from: "if (isVerified) manifests",
    to: "manifests",
    tests: ["handler/integrity"],
  },
  {
    name: "buffers a manifest of any size",
    file: "upstream/manifest.ts",
    from: "const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;",
    to: "const MAX_MANIFEST_BYTES = Number.MAX_SAFE_INTEGER;",
    tests: ["handler/integrity"],
  },
  {
    name: "asks for a tag by GET, which is a pull",
    file: "mirror/resolve.ts",
    from: "const descriptor = await headManifest(context.upstream, question);",
    to: "const descriptor = null as Descriptor | null;",
    tests: ["handler/manifest"],
  },
  {
    name: "pulls for a client's HEAD",
    file: "mirror/manifest.ts",
    from: "if (request.isHead) return head(context, descriptor, standing);",
    to: "if (request.isHead) await obtainManifest(context, image, descriptor.digest);",
    tests: ["handler/manifest"],
  },
  {
    name: "passes on the parameters of Content-Type",
    file: "protocol/media-type.ts",
    from: "if (isManifestType(labelled)) return labelled;",
    to: "if (isManifestType(labelled)) return contentType;",
    tests: ["handler/manifest"],
  },
  {
    name: "sends ETag without quotes",
    file: "protocol/etag.ts",
    from: 'return `"${digest}"`;',
    to: "return digest;",
    tests: ["handler/manifest"],
  },
  {
    name: "sends a manifest that the client has",
    file: "mirror/manifest.ts",
    from: "if (isUnchanged(request, descriptor.digest)) return unchanged(context, descriptor, standing);",
    to: "",
    tests: ["handler/conditional"],
  },
  {
    name: "does not know a weak If-None-Match",
    file: "protocol/etag.ts",
    from: '.replace(/^W\\//, "")',
    to: "",
    tests: ["handler/conditional"],
  },
  {
    name: "lets proxies keep a tag for a year",
    file: "mirror/respond-manifest.ts",
    from: "answer.isByTag ? REVALIDATE : IMMUTABLE",
    to: "IMMUTABLE",
    tests: ["handler/manifest"],
  },
  {
    name: "forgets Vary",
    file: "mirror/respond-manifest.ts",
    from: 'if (answer.isByTag) headers.vary = "Accept";',
    to: "",
    tests: ["handler/manifest"],
  },
];
