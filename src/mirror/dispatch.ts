import { parseBearer } from "../protocol/basic.ts";
import { about, RegistryError } from "../protocol/errors.ts";
import { inNamespace } from "../protocol/name.ts";
import { referenceText } from "../protocol/reference.ts";
import { parseRoute, type Route } from "../protocol/route.ts";
import { authorize } from "./authorize.ts";
import { serveBlob } from "./blob.ts";
import type { Context, Lobby } from "./context.ts";
import { type Image, locate } from "./image.ts";
import { checkImage } from "./image-rules.ts";
import { checkLimit } from "./limit.ts";
import type { LogEntry } from "./log-entry.ts";
import { challenge, readTicket, type Ticket } from "./login.ts";
import { serveManifest } from "./manifest.ts";
import type { ImageRoute } from "./privacy.ts";
import { serveReferrers } from "./referrers.ts";
import { findRegistry, registryOfHost } from "./registry.ts";
import type { ClientRequest } from "./request.ts";
import { respondJson } from "./respond.ts";
import { serveTagList } from "./tag-list.ts";

/**
 * A request to the registry, past the door: who asks for what, may they, and who answers.
 *
 * @throws RegistryError for every answer that is no success.
 */
export async function dispatch(
  lobby: Lobby,
  method: string,
  pathname: string,
  request: ClientRequest,
  entry: LogEntry,
): Promise<Response> {
  if (method !== "GET" && method !== "HEAD") throw readOnly(method);
  const route = parseRoute(pathname);
  const ticket = await readLogin(lobby, route, request);
  if (route.kind === "base") return respondJson("{}", request);
  const where = { host: request.host, namespaces: request.query.getAll("ns") };
  const image = locate(route.image, where, lobby.registries);
  entry.registry = image.registry.name;
  entry.image = image.name;
  entry.reference = referenceOf(route);
  checkImage(lobby.access, image, route.kind === "manifest" ? route.reference : null);
  await checkLimit(lobby.isWithinLimit, route, request);
  try {
    const login = ticket?.login?.registry === image.registry.name ? ticket.login : null;
    const context = await authorize(await lobby.enter(image.registry), image, route, login);
    return await serveImage(context, request, image, route);
  } catch (error) {
    throw about(image.name, error);
  }
}

function referenceOf(route: ImageRoute): string | null {
  if (route.kind === "tags") return null;
  return route.kind === "manifest" ? referenceText(route.reference) : route.digest;
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
  { sealer, now, registries }: Lobby,
  route: Route,
  { headers, realm, host }: ClientRequest,
): Promise<Ticket | null> {
  if (sealer === null) return null;
  const token = parseBearer(headers.get("authorization"));
  const ticket = await readTicket(sealer, token, now());
  if (ticket !== null) return ticket;
  if (route.kind === "base") throw challenge(realm, null);
  const { asked, name, host: named } = route.image;
  const { namespace } = registryOfHost(registries, host);
  if (named === null) throw challenge(realm, inNamespace(name, namespace));
  // Any characters may stand in front of a name: only a registry's go into a header.
  throw challenge(realm, findRegistry(registries, named) && asked);
}

function readOnly(method: string): RegistryError {
  return new RegistryError("UNSUPPORTED", `${method} is not for a mirror: it can only be read`, {
    status: 405,
    headers: { allow: "GET, HEAD" },
  });
}
