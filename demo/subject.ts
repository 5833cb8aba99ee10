import { buildImage, type Image } from "../test/support/image.ts";

export const NAME = "hello";
export const TAG = "1";
export const PLATFORMS = ["linux/amd64", "linux/arm64/v8"] as const;
/** One of the two, so that the index has something to choose from. */
export const PULLED_PLATFORM = "linux/arm64/v8";

const LAYERS = 3;
/** Under the 1 MiB up to which the mirror keeps blobs. */
const LAYER_BYTES = 400_000;

/** The image that the demo pulls. */
export function buildSubject(): Promise<Image> {
  const files = { "hello.txt": "Hello from behind a mirror.\n" };
  return buildImage({ platforms: PLATFORMS, files, layers: LAYERS, layerBytes: LAYER_BYTES });
}
