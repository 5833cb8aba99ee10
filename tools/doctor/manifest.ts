import { parseJsonObject } from "../../src/protocol/json.ts";
import { essence } from "../../src/protocol/media-type.ts";

/** A part of an image (OCI image-spec, descriptor.md). */
export interface Descriptor {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** @returns whether the answer is a list of manifests, one for each platform. */
export function isIndex(headers: Headers): boolean {
  return /\.(?:image\.index\.v1|manifest\.list\.v2)\+json$/.test(
    essence(headers.get("content-type") ?? ""),
  );
}

/** @returns the manifest for linux/amd64 of an index, else the first; null if it is no index. */
export function readIndex(bytes: Uint8Array): Descriptor | null {
  const children = listIn(parseJsonObject(bytes)?.manifests);
  const isAmd64 = ({ platform }: Fields) => {
    const { os, architecture } = fieldsOf(platform);
    return os === "linux" && architecture === "amd64";
  };
  const child = children.find(isAmd64) ?? children[0];
  return child === undefined ? null : readDescriptor(child);
}

/** @returns an image's config and its smallest layer; null if it is no manifest of an image. */
export function readManifest(
  bytes: Uint8Array,
): { readonly config: Descriptor; readonly layer: Descriptor | null } | null {
  const json = parseJsonObject(bytes);
  const config = readDescriptor(fieldsOf(json?.config));
  if (config === null) return null;
  const layers = listIn(json?.layers)
    .map(readDescriptor)
    .filter((layer) => layer !== null);
  return { config, layer: layers.sort((a, b) => a.size - b.size)[0] ?? null };
}

type Fields = Readonly<Record<string, unknown>>;

function readDescriptor({ digest, size }: Fields): Descriptor | null {
  return typeof digest === "string" && typeof size === "number" ? { digest, size } : null;
}

function listIn(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
