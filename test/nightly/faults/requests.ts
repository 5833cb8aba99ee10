import { LARGE_BLOB, LAYER, OCI_MANIFEST, OCI_NEXT } from "../../support/contents.ts";
import { type Bytes, encode } from "../../support/image.ts";

/** A kind of client request, and the answer of a healthy mirror. */
export interface RequestKind {
  readonly name: string;
  readonly subject: "ping" | "tag" | "digest" | "blob" | "large blob" | "tags" | "referrers";
  readonly method: "GET" | "HEAD";
  readonly path: string;
  readonly range?: string;
  readonly right: Right;
}

/** The right answer. */
export interface Right {
  readonly status: 200 | 206;
  readonly type: string;
  readonly bytes: Bytes;
  /** Null if the answer has none. */
  readonly digest: string | null;
  readonly contentRange?: string;
}

const NAME = "/v2/busybox";
const BLOB_TYPE = "application/octet-stream";
const OCI_INDEX_TYPE = "application/vnd.oci.image.index.v1+json";

export const TAG = { subject: "tag", path: `${NAME}/manifests/1.36` } as const;
export const DIGEST = {
  subject: "digest",
  path: `${NAME}/manifests/${OCI_MANIFEST.digest}`,
} as const;
export const BLOB = { subject: "blob", path: `${NAME}/blobs/${LAYER.digest}` } as const;
export const LARGE = {
  subject: "large blob",
  path: `${NAME}/blobs/${LARGE_BLOB.digest}`,
} as const;

export const MANIFEST: Right = { ...OCI_MANIFEST, status: 200, type: OCI_MANIFEST.mediaType };
/** The manifest that the tag points to once it has moved. */
export const MOVED: Right = { ...OCI_NEXT, status: 200, type: OCI_NEXT.mediaType };
const WHOLE: Right = { ...LAYER, status: 200, type: BLOB_TYPE };
const WHOLE_LARGE: Right = { ...LARGE_BLOB, status: 200, type: BLOB_TYPE };
const PART: Right = {
  ...WHOLE,
  status: 206,
  bytes: LAYER.bytes.slice(4, 8),
  contentRange: "bytes 4-7/29",
};

/** Every kind of client request. */
export const REQUESTS: readonly RequestKind[] = [
  { name: "ping", subject: "ping", method: "GET", path: "/v2/", right: json("{}") },
  { name: "GET by tag", ...TAG, method: "GET", right: MANIFEST },
  { name: "HEAD by tag", ...TAG, method: "HEAD", right: MANIFEST },
  { name: "GET by digest", ...DIGEST, method: "GET", right: MANIFEST },
  { name: "HEAD by digest", ...DIGEST, method: "HEAD", right: MANIFEST },
  { name: "GET of a blob", ...BLOB, method: "GET", right: WHOLE },
  { name: "HEAD of a blob", ...BLOB, method: "HEAD", right: WHOLE },
  { name: "Range of a blob", ...BLOB, method: "GET", range: "bytes=4-7", right: PART },
  { name: "GET of a large blob", ...LARGE, method: "GET", right: WHOLE_LARGE },
  {
    name: "tags",
    subject: "tags",
    method: "GET",
    path: `${NAME}/tags/list`,
    right: json('{"name":"busybox","tags":["1.36"]}'),
  },
  {
    name: "referrers",
    subject: "referrers",
    method: "GET",
    path: `${NAME}/referrers/${OCI_MANIFEST.digest}`,
    right: json(
      `{"schemaVersion":2,"mediaType":"${OCI_INDEX_TYPE}","manifests":[]}`,
      OCI_INDEX_TYPE,
    ),
  },
];

function json(text: string, type = "application/json"): Right {
  return { status: 200, type, bytes: encode(text), digest: null };
}
