import { readRange } from "../hub/range.ts";
import { bodyResponse, errorResponse } from "../hub/respond.ts";
import type { Image } from "../image/parts.ts";
import type { Bytes } from "../sha256.ts";

/** All that a stand-in has: one image under one tag. */
export interface Stock {
  readonly name: string;
  readonly tag: string;
  readonly image: Image;
}

/** What a path of the registry API asks for. */
export interface Route {
  readonly name: string;
  readonly kind: string;
  readonly reference: string;
}

const ROUTE = /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/;

export function routeOf(request: Request): Route | null {
  const { pathname } = new URL(request.url);
  const [, name = "", kind = "", reference = ""] = ROUTE.exec(pathname) ?? [];
  return name === "" ? null : { name, kind, reference };
}

/** What a registry without quirks answers. */
export function answerPlainly(request: Request, stock: Stock): Response {
  const { method } = request;
  const route = routeOf(request);
  if (route === null)
    return bodyResponse(method, 200, "{}", { "content-type": "application/json" });
  if (route.name !== stock.name) return errorResponse(method, 404, "NAME_UNKNOWN", "unknown");
  if (route.kind === "manifests") return answerManifest(method, stock, route.reference);
  if (route.kind === "blobs") return answerBlob(request, stock.image.blobs.get(route.reference));
  const list = JSON.stringify({ name: stock.name, tags: [stock.tag] });
  return bodyResponse(method, 200, list, { "content-type": "application/json" });
}

function answerManifest(method: string, { tag, image }: Stock, reference: string): Response {
  const digest = reference === tag ? image.tagDigest : reference;
  const manifest = image.manifests.get(digest);
  if (manifest === undefined) return errorResponse(method, 404, "MANIFEST_UNKNOWN", "unknown");
  return bodyResponse(method, 200, manifest.bytes, {
    "content-type": manifest.mediaType,
    "docker-content-digest": digest,
  });
}

/** @returns (part of) a blob; 404 if there is none. */
export function answerBlob(request: Request, bytes: Bytes | undefined): Response {
  const { method } = request;
  if (bytes === undefined) return errorResponse(method, 404, "BLOB_UNKNOWN", "unknown");
  const type = { "content-type": "application/octet-stream" };
  const range = readRange(request.headers.get("range"), bytes.length);
  if (range.kind !== "slice") return bodyResponse(method, 200, bytes, type);
  const slice = bytes.slice(range.start, range.end + 1);
  const contentRange = `bytes ${range.start}-${range.end}/${bytes.length}`;
  return bodyResponse(method, 206, slice, { ...type, "content-range": contentRange });
}

/** A storage: the last part of a path is the digest. Signed URLs and a header do not go together. */
export function answerAsStorage(request: Request, { image }: Stock): Response {
  if (request.headers.has("authorization")) return new Response("<Error/>", { status: 400 });
  const digest = decodeURIComponent(new URL(request.url).pathname.split("/").at(-1) ?? "");
  return answerBlob(request, image.blobs.get(digest));
}

export function redirect(location: string, status = 307): Response {
  return new Response(null, { status, headers: { location } });
}
