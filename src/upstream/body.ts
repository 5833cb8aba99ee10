/**
 * Reads a body that should fit into memory.
 *
 * @param maxBytes what may be buffered.
 * @param signal lets go of the body.
 * @returns the bytes; null if there are more than `maxBytes`, and the rest is then not read.
 * @throws whatever the body fails with, or Error if it is not as long as it said.
 */
export async function readUpTo(
  response: Pick<Response, "body" | "headers">,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Uint8Array | null> {
  const promised = promisedLength(response.headers);
  if (response.body === null) return new Uint8Array();
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  signal?.addEventListener("abort", () => void reader.cancel().catch(() => {}));
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    size += next.value.byteLength;
    if (size <= maxBytes) continue;
    await reader.cancel();
    return null;
  }
  if (promised !== null && promised !== size) throw new Error(`${size} of ${promised} bytes came`);
  return joined(chunks, size);
}

/** @returns null if the length is not told, or is that of an encoding that has been undone. */
export function promisedLength(headers: Headers): number | null {
  const isEncoded = (headers.get("content-encoding") ?? "identity") !== "identity";
  return isEncoded ? null : rawLength(headers);
}

/** @returns the length of the bytes as they are sent, whatever their encoding; null if not told. */
export function rawLength(headers: Headers): number | null {
  const length = headers.get("content-length") ?? "";
  return /^\d{1,15}$/.test(length) ? Number(length) : null;
}

/** Lets go of a body that nobody will read. */
export function discard({ body }: Pick<Response, "body">): void {
  void body?.cancel().catch(() => {});
}

function joined(chunks: Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
