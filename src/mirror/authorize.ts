import { accountSpace } from "../cache/keys.ts";
import { RegistryError } from "../protocol/errors.ts";
import { imageLabel } from "../protocol/reference.ts";
import { missingOrPrivate } from "../upstream/failure.ts";
import type { Credentials } from "../upstream/upstream.ts";
import type { Context } from "./context.ts";
import type { Image } from "./image.ts";
import type { Login } from "./login.ts";
import { type ImageRoute, isPublic } from "./privacy.ts";

/**
 * Decides with whose rights an image is asked for, and which part of the caches answers. Public
 * images are everybody's. Others are for the account that may see them, in a part of its own; the
 * mirror's account serves them only if its owner says so.
 *
 * @param login the account that the client logged in with upstream, or null.
 * @returns the context that the request goes on with.
 * @throws RegistryError NAME_UNKNOWN for what this client may not see, as for what does not exist.
 */
export async function authorize(
  context: Context,
  image: Image,
  route: ImageRoute,
  login: Login | null,
): Promise<Context> {
  if (login !== null) return authorizeLogin(context, image, route, login);
  const { access, upstream } = context;
  if (access.privateImages !== "check" || upstream.account === null) return context;
  if (await isPublic(context, image, route)) return context;
  throw new RegistryError("NAME_UNKNOWN", missingOrPrivate(labelOf(image, route)), {
    reason: 'not public, and PRIVATE_IMAGES is "check"',
  });
}

/** @returns what an upstream without the image would have been said not to have. */
function labelOf({ name }: Image, route: ImageRoute): string {
  if (route.kind === "tags" || route.kind === "referrers") return name;
  if (route.kind === "manifest") return imageLabel(name, route.reference);
  return imageLabel(name, { kind: "digest", digest: route.digest });
}

async function authorizeLogin(
  context: Context,
  image: Image,
  route: ImageRoute,
  login: Login,
): Promise<Context> {
  // What all share is never fetched with one client's rights, nor refused for one client's lack.
  if (await isPublic(context, image, route).catch(() => false)) return context;
  const { url } = context.upstream;
  const anonymous = context.anonymous.credentials;
  const upstream = {
    ...context.upstream,
    account: null,
    credentials: credentialsOf(login, anonymous),
    quota: { seen: null },
  };
  // Two tokens of one account may have been granted different things.
  const share = <T>(_: string, work: () => Promise<T>) => work();
  return { ...context, upstream, share, space: accountSpace(url.host, login.accountHash) };
}

/** What the client got with its login; there is nothing to renew it with here. */
function credentialsOf({ upstreamToken }: Login, { at }: Credentials): Credentials {
  const header = `Bearer ${upstreamToken}`;
  return { get: async () => ({ header, isFresh: true }), renew: async () => null, at };
}
