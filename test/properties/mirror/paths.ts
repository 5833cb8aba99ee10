import fc from "fast-check";
import { LAYER, OCI_MANIFEST } from "../../support/contents.ts";
import { digests, headerText, hostileText, names, tags } from "../arbitrary.ts";

const HOSTS = ["docker.io/", "index.docker.io/", "evil.example/", "localhost:5000/", "127.0.0.1/"];

const anyName = fc.oneof(
  fc.constantFrom("busybox", "library/busybox", "none", "a/b/c"),
  names,
  fc.tuple(fc.constantFrom(...HOSTS), names).map((parts) => parts.join("")),
  hostileText("busybox", "library/", ...HOSTS),
);

const anyReference = fc.oneof(
  fc.constantFrom("1.36", "latest", OCI_MANIFEST.digest, LAYER.digest, "list"),
  fc.constantFrom(OCI_MANIFEST.digest, LAYER.digest).map(encodeURIComponent),
  tags,
  digests,
  hostileText("sha256:", "1.36"),
);

const anyQuery = fc.oneof(
  fc.constantFrom("", "?ns=docker.io", "?n=2&last=1", "?ns=evil.example", "?n=-1", "?#x"),
  fc
    .dictionary(
      fc.oneof(fc.constantFrom("n", "last", "ns", "artifactType", "scope"), hostileText()),
      hostileText("https://evil.example/", "docker.io"),
      { maxKeys: 3 },
    )
    .map((fields) => `?${new URLSearchParams(fields)}`),
  hostileText("?ns=", "&", "=").map((text) => `?${text}`),
);

const anyKind = fc.constantFrom("manifests", "blobs", "tags", "referrers", "manifests", "blobs/.");

/** Paths that make sense to a mirror, paths that nearly do, and paths that never did. */
export const paths = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(anyName, anyKind, anyReference, anyQuery).map(assembled) },
  { weight: 1, arbitrary: hostileText("/v2/", "busybox", "manifests/", "token").map(rooted) },
);

/** What a client may say besides. */
export const clientHeaders = fc.dictionary(
  fc.constantFrom("accept", "range", "if-range", "if-none-match", "host", "x-forwarded-host"),
  fc.oneof(
    headerText("bytes=0-3", "application/", "*/*", "W/", '"'),
    fc.constantFrom(OCI_MANIFEST.mediaType, "bytes=0-3", "bytes=1-2,4-5", "*"),
  ),
  { maxKeys: 4 },
);

export const methods = fc.constantFrom("GET", "GET", "GET", "HEAD");

function assembled([name, kind, reference, query]: [string, string, string, string]): string {
  return `/v2/${name}/${kind}/${reference}${query}`;
}

function rooted(text: string): string {
  return `/${text}`;
}
