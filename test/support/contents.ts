import { type Bytes, docker, encode, type Image, type MediaTypes, oci } from "./image.ts";

/** Bytes with their digest, written down rather than computed. */
export interface Content {
  readonly digest: string;
  readonly text: string;
  readonly bytes: Bytes;
}

export interface ManifestContent extends Content {
  readonly mediaType: string;
}

export const LAYER = content(
  "sha256:3b4d922053807bd0a41bad4f1357a1ab35f50cd885d015057086321245cbb33c",
  "the only layer of this image\n",
);
export const CONFIG = content(
  "sha256:9d99a75171aea000c711b34c0e5e3f28d3d537dd99d110eafbfbc2bd8e52c2bf",
  '{"architecture":"amd64","os":"linux"}',
);

/** An OCI image for one platform: 399 bytes. */
export const OCI_MANIFEST = manifest(
  oci,
  "sha256:78f2bc29db467e549b592079c29b23b0d8325b5ec954e46d18c52d03d6fbc66e",
);
/** What a tag moves on to, and then on to: 429 bytes each. */
export const OCI_NEXT = manifest(
  oci,
  "sha256:4d99d560402b6dfb2c5ae182cbdc23bed27fe4d0454b0032eeff51496bccb00d",
  { note: "next" },
);
export const OCI_LAST = manifest(
  oci,
  "sha256:1b82816313669c94097c7786a9d70a62d0bf49efaccefc5f6fa350e3deee0239",
  { note: "last" },
);
/** The same for Docker's own types: 421 bytes. */
export const DOCKER_MANIFEST = manifest(
  docker,
  "sha256:9ea628259028b473f1213f1a13db1a7fab884947474a27ed745729e00a9dbaf1",
);
/** Indexes with one platform, linux/amd64: 289 and 317 bytes. */
export const OCI_INDEX = index(
  oci,
  "sha256:26353de4fcd07a1d566d342e4717571c2aa5bafa6999ad42000da44ab07feba2",
  OCI_MANIFEST,
);
export const DOCKER_LIST = index(
  docker,
  "sha256:84778aebcc989d17ee1c432ac7eff5291bfa628f6d357bb4c96c974b4420873a",
  DOCKER_MANIFEST,
);

/** All that can be asked for of a repository that has `OCI_MANIFEST` under the tag 1. */
export const ROUTES = [
  "manifests/1",
  `manifests/${OCI_MANIFEST.digest}`,
  `blobs/${LAYER.digest}`,
  "tags/list",
  `referrers/${OCI_MANIFEST.digest}`,
];

/** 1.5 MB: more than the mirror keeps. */
export const LARGE_BLOB = {
  digest: "sha256:e5fa58bc56251d63328be327cdebb6c2dcff8151feda68af39a6781b0ac6e970",
  bytes: new Uint8Array(1_500_000).fill(7),
};

/** 1.5 MB with no two equal neighbours, so that a wrong offset shows. */
export const COUNTED_BLOB = {
  digest: "sha256:5596d05b12f12e268d4d9418b201f81533c985c09d28f2b91c2b013174e1be48",
  bytes: Uint8Array.from({ length: 1_500_000 }, (_, index) => index % 251),
};

/** An image whose tag leads to the first of these manifests. */
export function imageOf(first: ManifestContent, ...others: readonly ManifestContent[]): Image {
  return {
    tagDigest: first.digest,
    manifests: new Map([first, ...others].map((one) => [one.digest, one])),
    blobs: new Map([LAYER, CONFIG].map(({ digest, bytes }) => [digest, bytes])),
    platforms: new Map(),
  };
}

/** An image that has just one blob. */
export function imageWithBlob({ digest, bytes }: { digest: string; bytes: Bytes }): Image {
  return { ...imageOf(OCI_MANIFEST), blobs: new Map([[digest, bytes]]) };
}

function content(digest: string, text: string): Content {
  return { digest, text, bytes: encode(text) };
}

function manifest(types: MediaTypes, digest: string, annotations?: object): ManifestContent {
  const value = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: CONFIG.digest, size: 37 },
    layers: [{ mediaType: types.layer, digest: LAYER.digest, size: 29 }],
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { ...content(digest, JSON.stringify(value)), mediaType: types.manifest };
}

function index(types: MediaTypes, digest: string, child: ManifestContent): ManifestContent {
  const { mediaType, bytes } = child;
  const platform = { architecture: "amd64", os: "linux" };
  const manifests = [{ mediaType, digest: child.digest, size: bytes.length, platform }];
  const value = { schemaVersion: 2, mediaType: types.index, manifests };
  return { ...content(digest, JSON.stringify(value)), mediaType: types.index };
}
