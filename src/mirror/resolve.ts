import { pointerKey } from "../cache/keys.ts";
import type { Pointer } from "../cache/pointer-record.ts";
import { type Descriptor, descriptorOf } from "../protocol/descriptor.ts";
import { isPassing, RegistryError } from "../protocol/errors.ts";
import type { AcceptClass } from "../protocol/media-type.ts";
import { imageLabel, type Tag } from "../protocol/reference.ts";
import { discard } from "../upstream/body.ts";
import { getManifest, headManifest } from "../upstream/manifest.ts";
import { isLow, isUsedUp } from "../upstream/quota.ts";
import type { Context } from "./context.ts";
import type { Image } from "./image.ts";
import { cachedManifest, keepManifest } from "./obtain.ts";

/** What a tag leads to. */
export interface Resolution {
  readonly descriptor: Descriptor;
  /** Where that is cached. */
  readonly key: string;
  /** What it led to before, or null. */
  readonly previous: Descriptor | null;
  /** Whether it had been resolved before. */
  readonly isKnown: boolean;
  /** Why an old answer stands in for a failing upstream, or null. */
  readonly warning: string | null;
  /** Whether the upstream is spared, since its pull quota is low. */
  readonly isStretched: boolean;
}

export interface TagQuestion {
  readonly image: Image;
  readonly tag: Tag;
  readonly accepted: AcceptClass;
}

/**
 * Tag → digest: what is known and fresh, else what the upstream says to a HEAD, else what was last
 * known if the upstream cannot say.
 *
 * @throws RegistryError as `headManifest`; then nothing usable was known.
 */
export async function resolveTag(context: Context, question: TagQuestion): Promise<Resolution> {
  const { pointers, refusals, upstream, now } = context;
  const { image, tag, accepted } = question;
  const key = pointerKey(context.space, image.name, tag, accepted);
  refusals.throwIfMissing(key);
  const near = pointers.peek(key);
  const resolution =
    near && mayAnswer(context, near)
      ? unasked(context, key, near)
      : await context.share(key, () => refresh(context, question, key));
  return isUsedUp(upstream.quota, now()) ? affordable(context, image, resolution) : resolution;
}

async function refresh(context: Context, question: TagQuestion, key: string): Promise<Resolution> {
  const { pointers, refusals } = context;
  const known = await pointers.read(key);
  if (known && mayAnswer(context, known)) return unasked(context, key, known);
  try {
    const descriptor = await refusals.guard(key, () => lookUp(context, question));
    const previous = known && (await findPrevious(context, question.image, descriptor, known));
    const pointer = pointers.write(key, descriptor, known, previous);
    return resolved(key, pointer, known !== null, null);
  } catch (error) {
    if (known === null) throw error;
    if (isGone(error)) pointers.drop(key);
    if (!isPassing(error)) throw error;
    const last = await pointers.latest(key, known);
    if (!pointers.canStandIn(last)) throw error;
    return resolved(key, last, true, error.message);
  }
}

/** Fresh, or recent enough while the quota is low. */
function mayAnswer({ pointers, upstream, now }: Context, pointer: Pointer): boolean {
  if (pointers.isFresh(pointer)) return true;
  return isLow(upstream.quota, now()) && pointers.isRecent(pointer);
}

function unasked({ pointers }: Context, key: string, pointer: Pointer): Resolution {
  return { ...resolved(key, pointer, true, null), isStretched: !pointers.isFresh(pointer) };
}

/** What a tag has moved to cannot be had without quota; clients ask for the digest they are told. */
async function affordable(
  context: Context,
  image: Image,
  resolution: Resolution,
): Promise<Resolution> {
  const { descriptor, previous } = resolution;
  if (previous === null || (await cachedManifest(context, image, descriptor.digest))) {
    return resolution;
  }
  if (!(await cachedManifest(context, image, previous.digest))) return resolution;
  const warning = "the pull quota is used up, the tag has moved since";
  return { ...resolution, descriptor: previous, warning };
}

async function lookUp(
  context: Context,
  { image, tag, accepted }: TagQuestion,
): Promise<Descriptor> {
  const reference = { kind: "tag", tag } as const;
  const question = { name: image.name, reference, accepted };
  const descriptor = await headManifest(context.upstream, question);
  if (descriptor !== null) return descriptor;
  const manifest = await getManifest(context.upstream, question);
  if ("body" in manifest) {
    discard(manifest);
    throw tooLargeToHash(image, tag);
  }
  return descriptorOf(keepManifest(context, image, manifest));
}

/** The last manifest of a tag that is at hand, for when the one that it leads to now is not. */
async function findPrevious(
  context: Context,
  image: Image,
  { digest }: Descriptor,
  known: Pointer,
): Promise<Descriptor | null> {
  if (!context.pointers.canStandIn(known)) return null;
  if (known.digest === digest) return known.previous;
  const manifest = await cachedManifest(context, image, known.digest);
  if (manifest === null) return known.previous;
  return descriptorOf(known);
}

function resolved(
  key: string,
  pointer: Pointer,
  isKnown: boolean,
  warning: string | null,
): Resolution {
  const { previous } = pointer;
  const descriptor = descriptorOf(pointer);
  return { descriptor, key, previous, isKnown, warning, isStretched: false };
}

/** @returns whether the upstream says that there is no such manifest; a refusal does not. */
export function isGone(error: unknown): boolean {
  return error instanceof RegistryError && error.code === "MANIFEST_UNKNOWN";
}

function tooLargeToHash({ name }: Image, tag: Tag): RegistryError {
  const label = imageLabel(name, { kind: "tag", tag });
  return new RegistryError(
    "UNAVAILABLE",
    `${label}: the upstream does not tell the digest, and the manifest is too large to hash`,
  );
}
