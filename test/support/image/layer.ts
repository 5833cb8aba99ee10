import type { Bytes } from "../sha256.ts";
import { encode } from "./parts.ts";
import { tar } from "./tar.ts";

/** What a layer is built from. */
export interface LayerOptions {
  readonly platform: string;
  readonly index: number;
  readonly files: Readonly<Record<string, string>>;
  readonly fillerBytes: number;
}

/** A layer of an image: its tar archive, and that compressed as it travels. */
export interface Layer {
  readonly archive: Bytes;
  readonly compressed: Bytes;
}

/** A layer that differs by platform and index. */
export async function buildLayer(options: LayerOptions): Promise<Layer> {
  const archive = tar(layerFiles(options));
  return { archive, compressed: await gzip(archive) };
}

function layerFiles({ platform, index, files, fillerBytes }: LayerOptions): Map<string, Bytes> {
  const contents = new Map<string, Bytes>();
  for (const [path, text] of Object.entries(files)) contents.set(path, encode(text));
  contents.set(`etc/layer-${index}`, encode(`${platform}\n`));
  if (fillerBytes > 0)
    contents.set(`filler-${index}.bin`, filler(`${platform} ${index}`, fillerBytes));
  return contents;
}

/** The same pseudo-random bytes for the same seed (xorshift), which gzip cannot shorten. */
function filler(seed: string, length: number): Bytes {
  let state = 0x9e3779b9;
  for (const character of seed) state = Math.imul(state ^ character.charCodeAt(0), 0x85ebca6b) | 1;
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let index = 0; index < words.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

async function gzip(bytes: Bytes): Promise<Bytes> {
  const compressed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(compressed).arrayBuffer());
}
