import { RegistryError } from "../protocol/errors.ts";
import { isRegistryPath, parseRoute, type Route } from "../protocol/route.ts";
import { serveBlob } from "./blob.ts";
import type { Context } from "./context.ts";
import { isAlias, locate } from "./image.ts";
import { serveManifest } from "./manifest.ts";
import { serveReferrers } from "./referrers.ts";
import type { ClientRequest } from "./request.ts";
import { respondError, respondJson, respondText } from "./respond.ts";
import { serveTagList } from "./tag-list.ts";

/** Told why a request failed. */
export type ReportError = (error: RegistryError) => void;

/**
 * Answers one request; docs/request-handling.md numbers every case.
 *
 * @param url the request's own, taken apart.
 * @param report called before an error is answered.
 * @returns never rejects for a RegistryError: that is what it answers.
 */
export async function serve(
  context: Context,
  request: Request,
  url: URL,
  report: ReportError,
): Promise<Response> {
  const isHead = request.method === "HEAD";
  if (!isRegistryPath(url.pathname)) return serveVisitor(request, url);
  const asked = { isHead, headers: request.headers, query: url.searchParams };
  const response = await serveRegistry(context, request.method, url, asked).catch(
    (error: unknown) => {
      if (!(error instanceof RegistryError)) throw error;
      report(error);
      return respondError(error, { isHead, detail: { path: url.pathname } });
    },
  );
  return dress(context, response, asked);
}

async function serveRegistry(
  context: Context,
  method: string,
  url: URL,
  request: ClientRequest,
): Promise<Response> {
  if (method !== "GET" && method !== "HEAD") throw readOnly(method);
  return serveRoute(context, parseRoute(url.pathname), request);
}

function serveRoute(context: Context, route: Route, request: ClientRequest): Promise<Response> {
  if (route.kind === "base") return Promise.resolve(respondJson("{}", request));
  const image = locate(route.image, request.query.getAll("ns"), context.naming);
  switch (route.kind) {
    case "manifest":
      return serveManifest(context, request, image, route.reference);
    case "blob":
      return serveBlob(context, request, image, route.digest);
    case "tags":
      return serveTagList(context, request, image);
    case "referrers":
      return serveReferrers(context, request, image, route.digest);
  }
}

/** What the upstream tells of the quota, and which registry was meant. */
function dress({ naming, trace }: Context, response: Response, { query }: ClientRequest): Response {
  const { headers } = response;
  const namespace = query.get("ns");
  if (namespace !== null && isAlias(namespace, naming)) headers.set("oci-namespace", namespace);
  if (trace.rateLimit !== null) {
    headers.set("ratelimit-limit", trace.rateLimit.limit);
    headers.set("ratelimit-remaining", trace.rateLimit.remaining);
  }
  return response;
}

function serveVisitor({ method }: Request, url: URL): Response {
  const isHead = method === "HEAD";
  if (method !== "GET" && !isHead) return respondText("This can only be read.", 405, isHead);
  if (url.pathname !== "/")
    return respondText("Not found. The registry is under /v2/.", 404, isHead);
  return respondText(
    `This is a read-only mirror of a container registry. Try: docker pull ${url.host}/busybox`,
    200,
    isHead,
  );
}

function readOnly(method: string): RegistryError {
  return new RegistryError("UNSUPPORTED", `${method} is not for a mirror: it can only be read`, {
    status: 405,
    headers: { allow: "GET, HEAD" },
  });
}
