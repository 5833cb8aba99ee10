import { randomUUID } from "node:crypto";
import type { Image } from "../../test/support/image.ts";
import type { Mirror } from "../mirrors/mirror.ts";
import { createImage, type ImageShape } from "./image.ts";

/** What is pulled: a repository and a tag, and what was first pushed there. */
export interface Subject {
  readonly repository: string;
  readonly tag: string;
  readonly image: Image;
}

const TAG = "1.0";

/** Pushes an image to the upstreams of these mirrors, in a repository that nobody has asked for. */
export async function pushNew(mirrors: readonly Mirror[], shape: ImageShape): Promise<Subject> {
  const image = await createImage(shape);
  const subject = { repository: `library/bench-${randomUUID()}`, tag: TAG, image };
  push(mirrors, subject, image);
  return subject;
}

/** Pushes another image to the same repository and tag. */
export async function move(
  mirrors: readonly Mirror[],
  subject: Subject,
  shape: ImageShape,
): Promise<void> {
  push(mirrors, subject, await createImage(shape));
}

function push(mirrors: readonly Mirror[], { repository, tag }: Subject, image: Image): void {
  for (const { upstream } of mirrors) upstream.hub.push(repository, tag, image);
}
