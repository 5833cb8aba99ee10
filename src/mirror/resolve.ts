import { pointerKey } from "../cache/keys.ts";
import type { Pointer } from "../cache/pointer.ts";
import type { Descriptor } from "../protocol/descriptor.ts";
import { isPassing, RegistryError } from "../protocol/errors.ts";
import type { AcceptClass } from "../protocol/media-type.ts";
import type { Tag } from "../protocol/reference.ts";
import { getManifest, headManifest } from "../upstream/manifest.ts";
import type { Context } from "./context.ts";
import type { Image } from "./image.ts";
import { keepManifest } from "./obtain.ts";

/** What a tag leads to. */
export interface Resolution {
  readonly descriptor: Descriptor;
  /** What it led to before, or null. */
  readonly previous: Descriptor | null;
  /** Whether it had been resolved before. */
  readonly isKnown: boolean;
  /** Why an old answer stands in, or null if it is fresh. */
  readonly warning: string | null;
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
  const { pointers } = context;
  const { image, tag, accepted } = question;
  const key = pointerKey(context.space, image.name, tag, accepted);
  context.refusals.throwIfMissing(key);
  const known = await pointers.read(key);
  if (known && pointers.isFresh(known)) return resolution(known, true, null);
  try {
    const pointer = await context.refusals.guard(key, () =>
      context.share(key, async () => pointers.write(key, await lookUp(context, question), known)),
    );
    return resolution(pointer, known !== null, null);
  } catch (error) {
    if (known && isPassing(error)) return resolution(known, true, error.message);
    if (known && isGone(error)) pointers.drop(key);
    throw error;
  }
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
  if (manifest === null) throw tooLargeToHash(image, tag);
  keepManifest(context, image, manifest);
  const { digest, mediaType, size } = manifest;
  return { digest, mediaType, size };
}

function resolution(pointer: Pointer, isKnown: boolean, warning: string | null): Resolution {
  const { digest, mediaType, size, previous } = pointer;
  return { descriptor: { digest, mediaType, size }, previous, isKnown, warning };
}

function isGone(error: unknown): boolean {
  return error instanceof RegistryError && error.status === 404;
}

function tooLargeToHash(image: Image, tag: Tag): RegistryError {
  return new RegistryError(
    "UNAVAILABLE",
    `${image.name}:${tag}: the upstream does not tell the digest, and the manifest is too large to hash`,
  );
}
