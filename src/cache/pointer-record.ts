import type { Descriptor } from "../protocol/descriptor.ts";
import { parseDigest } from "../protocol/digest.ts";
import { parseJsonObject } from "../protocol/json.ts";
import type { Store } from "./store.ts";

/** What a tag led to when the upstream was last asked. Times are milliseconds since 1970. */
export interface Pointer extends Descriptor {
  /** Tells freshness, since KV may answer with old values. */
  readonly checkedAt: number;
  /** When it was last written to KV. */
  readonly keptAt: number;
  /** What it led to before, for when the new manifest cannot be had; null if nothing. */
  readonly previous: Descriptor | null;
}

/** @returns the pointer that a store has; null if there is none that can be read. */
export async function readPointer(store: Store, key: string): Promise<Pointer | null> {
  const entry = await store.read(key);
  const record = entry === null ? null : parseJsonObject(entry.bytes);
  const descriptor = parseDescriptor(record);
  const { checkedAt, keptAt, previous } = record ?? {};
  if (!descriptor || typeof checkedAt !== "number" || typeof keptAt !== "number") return null;
  return { ...descriptor, checkedAt, keptAt, previous: parseDescriptor(previous) };
}

function parseDescriptor(record: unknown): Descriptor | null {
  if (typeof record !== "object" || record === null) return null;
  const { digest, mediaType, size } = record as { [key in keyof Descriptor]?: unknown };
  const parsed = typeof digest === "string" ? parseDigest(digest) : null;
  if (!parsed || typeof mediaType !== "string" || typeof size !== "number") return null;
  return { digest: parsed, mediaType, size };
}
