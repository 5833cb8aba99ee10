import { sha256 } from "../../support/image.ts";

/** @returns the keys under which something else is kept than what the key says. */
export async function wrongContents(
  contents: readonly (readonly [key: string, bytes: Uint8Array])[],
): Promise<string[]> {
  const wrong: string[] = [];
  for (const [key, bytes] of contents) {
    const [, digest] = /\b(?:manifest|blobs?)\/.*\/(sha256:[0-9a-f]{64})$/.exec(key) ?? [];
    if (digest === undefined) continue;
    if ((await sha256(new Uint8Array(bytes))) !== digest)
      wrong.push(`kept under ${key}: other bytes`);
  }
  return wrong;
}
