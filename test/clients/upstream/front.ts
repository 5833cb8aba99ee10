import { serveTags } from "../../support/hub/registry.ts";
import { errorResponse } from "../../support/hub/responses.ts";
import type { Storage } from "../../support/hub/storage.ts";
import type { Bytes } from "../../support/image.ts";
import type { Registry } from "./registry.ts";

const TAGS_PER_PAGE = 2;
const PATH = /^\/v2\/(?<name>.+)\/(?<kind>manifests|blobs|tags)\/(?<what>[^/]+)$/;

/**
 * What Docker Hub has in front of its registry: blobs are redirected to storage, and tags come in
 * pages. Everything else is docker-registry's own answer.
 */
export function createFront(registry: Registry, storage: Storage) {
  const blobs = new Map<string, Bytes>();

  async function redirect(method: string, digest: string): Promise<Response> {
    const bytes = blobs.get(digest) ?? (await registry.blob(digest));
    blobs.set(digest, bytes);
    const location = storage.sign(method, digest, bytes);
    return new Response(null, { status: 307, headers: { location, "content-length": "0" } });
  }

  return async (request: Request): Promise<Response> => {
    const { method } = request;
    const url = new URL(request.url);
    const { name = "", kind, what = "" } = PATH.exec(url.pathname)?.groups ?? {};
    const asked = kind === "blobs" ? "HEAD" : method;
    const answer = await ask(registry, asked, url.pathname, request.headers);
    if (!answer.ok) return answer;
    if (kind === "blobs") return redirect(method, what);
    if (kind !== "tags") return answer;
    const { tags } = (await answer.json()) as { tags: string[] | null };
    return serveTags(method, url, name, tags ?? [], { pageSize: TAGS_PER_PAGE, linkOrigin: "" });
  };
}

async function ask(registry: Registry, method: string, path: string, headers: Headers) {
  const crossing = ["accept", "authorization"].flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as [string, string]];
  });
  const answer = await fetch(registry.origin + path, { method, headers: crossing });
  return new Response(answer.body, answer);
}

/** Docker Hub's answer to a client that has used up its pulls. */
export function refuse({ method }: Request): Response {
  const message = "You have reached your unauthenticated pull rate limit.";
  return errorResponse(method, 429, "TOOMANYREQUESTS", message, { "retry-after": "1" });
}
