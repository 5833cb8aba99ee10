import type { Bytes } from "../sha256.ts";

const BLOCK_BYTES = 512;

/**
 * A ustar archive of `files`, in the order given, with the directories they need before them.
 * Owner, mode and time are fixed, so that equal files make equal archives.
 */
export function tar(files: ReadonlyMap<string, Bytes>): Bytes {
  const parts: Bytes[] = [];
  const directories = new Set<string>();
  for (const [path, content] of files) {
    for (const directory of parents(path)) {
      if (!directories.has(directory)) parts.push(header(directory, 0));
      directories.add(directory);
    }
    parts.push(header(path, content.length), padded(content));
  }
  parts.push(new Uint8Array(2 * BLOCK_BYTES));
  return concat(parts);
}

function parents(path: string): string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, index) => `${names.slice(0, index + 1).join("/")}/`);
}

/** A path that ends in a slash is a directory. */
function header(path: string, size: number): Bytes {
  if (path.length > 100) throw new Error(`The path is too long for this tar writer: ${path}`);
  const isDirectory = path.endsWith("/");
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (text: string, offset: number) => block.set(new TextEncoder().encode(text), offset);
  put(path, 0);
  put(isDirectory ? "0000755\0" : "0000644\0", 100);
  put("0000000\0", 108);
  put("0000000\0", 116);
  put(`${size.toString(8).padStart(11, "0")}\0`, 124);
  put(`${"0".repeat(11)}\0`, 136);
  // The checksum is summed with its own field full of spaces.
  put(" ".repeat(8), 148);
  put(isDirectory ? "5" : "0", 156);
  put("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function padded(content: Bytes): Bytes {
  const block = new Uint8Array(Math.ceil(content.length / BLOCK_BYTES) * BLOCK_BYTES);
  block.set(content);
  return block;
}

function concat(parts: Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
