import { verdictKey } from "../cache/keys.ts";
import { parseBearer } from "../protocol/basic.ts";
import { isPassing, RegistryError } from "../protocol/errors.ts";
import { ALL_TYPES, acceptHeader } from "../protocol/media-type.ts";
import { referenceText } from "../protocol/reference.ts";
import type { Route } from "../protocol/route.ts";
import { grantsPull } from "../protocol/token.ts";
import { ask, type Question } from "../upstream/ask.ts";
import { discard } from "../upstream/body.ts";
import { failureOf } from "../upstream/failure.ts";
import type { Context } from "./context.ts";
import type { Image } from "./image.ts";

/** What is asked of an image: every route but the base. */
export type ImageRoute = Exclude<Route, { kind: "base" }>;

/** What of an image an anonymous client could try. */
type Probe = ImageRoute extends infer R ? (R extends unknown ? Omit<R, "image"> : never) : never;

const UNKNOWN = {
  manifest: "MANIFEST_UNKNOWN",
  referrers: "MANIFEST_UNKNOWN",
  blob: "BLOB_UNKNOWN",
  tags: "NAME_UNKNOWN",
} as const;
const MANIFEST_TYPES = { accept: acceptHeader(ALL_TYPES) };

/**
 * Finds out whether an anonymous client could pull from a repository. Official images are public;
 * for others the upstream is asked, and its answer remembered for a week.
 *
 * @param probe what to try, should the token not tell.
 * @throws RegistryError as the upstream fails; an old answer stands in for a passing failure.
 */
export async function isPublic(context: Context, image: Image, probe: Probe): Promise<boolean> {
  const { verdicts, refusals, registry, upstream } = context;
  const { publicNamespace } = registry;
  if (publicNamespace && image.name.startsWith(`${publicNamespace}/`)) return true;
  const key = verdictKey(upstream.url.host, image.name);
  const known = await verdicts.read(key);
  if (known && verdicts.isFresh(known)) return known.isPublic;
  try {
    // That one tag is missing says nothing of another.
    const attempt = `${key} ${questionOf(probe).path}`;
    const verdict = await context.share(attempt, () =>
      refusals.guard(attempt, async () =>
        verdicts.write(key, await tryAnonymously(context, image, probe)),
      ),
    );
    return verdict.isPublic;
  } catch (error) {
    if (!isPassing(error)) throw error;
    if (known === null) throw undecided(image, error);
    verdicts.prolong(key, known);
    return known.isPublic;
  }
}

async function tryAnonymously(
  { anonymous }: Context,
  image: Image,
  probe: Probe,
): Promise<boolean> {
  const granted = await anonymousGrant(anonymous, image);
  if (granted !== null) return granted;
  const question = questionOf(probe);
  const reply = await ask(anonymous, { name: image.name, headers: MANIFEST_TYPES, ...question });
  const { status } = reply.response;
  if (![200, 206, 401, 403, 416].includes(status)) {
    throw await failureOf(anonymous, reply, { label: image.name, unknown: UNKNOWN[probe.kind] });
  }
  discard(reply.response);
  return status !== 401 && status !== 403 && (reply.isRegistry || probe.kind === "blob");
}

/** @returns null if the token, or that there is none, does not tell. */
async function anonymousGrant(
  { credentials }: Context["anonymous"],
  image: Image,
): Promise<boolean | null> {
  try {
    const token = parseBearer((await credentials.get(image.name)).header);
    return token === null ? null : grantsPull(token, image.name);
  } catch (error) {
    if (error instanceof RegistryError && error.code === "NAME_UNKNOWN") return false;
    throw error;
  }
}

/**
 * Requests that cost no pull. Only a blob may be answered from where the registry redirects to, and
 * public.ecr.aws has no HEAD for it.
 */
function questionOf(probe: Probe): Omit<Question, "name"> {
  switch (probe.kind) {
    case "manifest":
      return { path: `manifests/${referenceText(probe.reference)}`, method: "HEAD" };
    case "blob":
      return { path: `blobs/${probe.digest}`, method: "GET", headers: { range: "bytes=0-0" } };
    case "referrers":
      return { path: `manifests/${probe.digest}`, method: "HEAD" };
    case "tags":
      return { path: "tags/list?n=1", method: "GET" };
  }
}

function undecided(image: Image, error: RegistryError): RegistryError {
  const { code, status, retryAfterSeconds } = error;
  return new RegistryError(
    code,
    `${image.asked}: whether this image is public cannot be found out now (${error.message}). If the mirror's account can read public images only, its owner can set PRIVATE_IMAGES to "public-only-account"`,
    { status, ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }), isPassing: true },
  );
}
