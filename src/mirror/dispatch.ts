import { parseBearer } from "../protocol/basic.ts";
import { about, RegistryError } from "../protocol/errors.ts";
import { inNamespace } from "../protocol/name.ts";
import { parseRoute, type Route } from "../protocol/route.ts";
import { authorize } from "./authorize.ts";
import { serveBlob } from "./blob.ts";
import type { Context } from "./context.ts";
import { type Image, locate } from "./image.ts";
import { checkImage } from "./image-rules.ts";
import { checkLimit } from "./limit.ts";
import { challenge, readTicket, type Ticket } from "./login.ts";
import { serveManifest } from "./manifest.ts";
import type { ImageRoute } from "./privacy.ts";
import { serveReferrers } from "./referrers.ts";
import type { ClientRequest } from "./request.ts";
import { respondJson } from "./respond.ts";
import { serveTagList } from "./tag-list.ts";

/**
 * A request to the registry, past the door: who asks for what, may they, and who answers.
 *
 * @throws RegistryError for every answer that is no success.
 */
export async function dispatch(
  context: Context,
  method: string,
  pathname: string,
  request: ClientRequest,
): Promise<Response> {
  if (method !== "GET" && method !== "HEAD") throw readOnly(method);
  const route = parseRoute(pathname);
  const ticket = await readLogin(context, route, request);
  if (route.kind === "base") return respondJson("{}", request);
  const image = locate(route.image, request.query.getAll("ns"), context.naming);
  checkImage(context.access, image.name, route.kind === "manifest" ? route.reference : null);
  await checkLimit(context.isWithinLimit, route, request);
  try {
    const authorized = await authorize(context, image, route, ticket?.login ?? null);
    return await serveImage(authorized, request, image, route);
  } catch (error) {
    throw about(image.name, error);
  }
}

function serveImage(
  context: Context,
  request: ClientRequest,
  image: Image,
  route: ImageRoute,
): Promise<Response> {
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

/** Where clients log in with an upstream account, each of their requests brings a token. */
async function readLogin(
  { sealer, now, naming }: Context,
  route: Route,
  { headers, realm }: ClientRequest,
): Promise<Ticket | null> {
  if (sealer === null) return null;
  const token = parseBearer(headers.get("authorization"));
  const ticket = await readTicket(sealer, token, now());
  if (ticket !== null) return ticket;
  throw challenge(
    realm,
    route.kind === "base" ? null : inNamespace(route.image.name, naming.namespace),
  );
}

function readOnly(method: string): RegistryError {
  return new RegistryError("UNSUPPORTED", `${method} is not for a mirror: it can only be read`, {
    status: 405,
    headers: { allow: "GET, HEAD" },
  });
}
