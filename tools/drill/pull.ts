import { parseJsonObject } from "../../src/protocol/json.ts";
import { contentOf } from "../doctor/http/client.ts";
import { isHit, type Session } from "../doctor/session.ts";
import type { Blob, Blobs, Exchange, RangeExchange } from "./layer.ts";

/** An image that was read in full, as a client reads it. */
export interface Pull {
  readonly blobs: readonly Blob[];
  /** The largest blob. */
  readonly largest: Blob;
  /** Of the request for the tag. */
  readonly firstByteMs: number;
  /** From the request for the tag to the end of the last blob; without the probes of the largest. */
  readonly totalMs: number;
  readonly bytes: number;
  readonly requests: number;
  /** What the mirror requested from its upstream, for people. */
  readonly misses: readonly string[];
  readonly probes: Probes;
}

/** What else was requested of the largest blob. HEAD and a piece come before its download. */
export interface Probes {
  readonly head: Exchange & { readonly length: string };
  readonly piece: RangeExchange;
  readonly resumed: RangeExchange;
}

/**
 * Pulls an image: tag, manifests, config and layers, one after the other, all verified. The largest
 * blob is probed first, and its download broken off and resumed.
 *
 * @param session one that has requested nothing yet.
 * @throws ConnectionError, UnexpectedReply, CorruptContent
 */
export async function pull(session: Session, blobs: Blobs): Promise<Pull> {
  const head = await session.tag();
  const { replies } = await session.manifest();
  const all = blobsIn(contentOf(replies.at(-1) ?? head));
  const largest = all.toSorted((a, b) => b.size - a.size)[0] as Blob;
  const misses: string[] = [head, ...replies]
    .filter(({ headers }) => !isHit(headers))
    .map(({ method }) => (method === "HEAD" ? "the tag" : "a manifest"));
  let totalMs = [head, ...replies].reduce((sum, reply) => sum + reply.totalMs, 0);
  let bytes = replies.reduce((sum, reply) => sum + reply.bytes.byteLength, 0);
  const pieces = { head: await blobs.head(largest), piece: await blobs.piece(largest) };
  const probes = { ...pieces, resumed: await blobs.resumed(largest) };
  for (const blob of all) {
    const exchange = blob === largest ? probes.resumed : await blobs.whole(blob);
    totalMs += exchange.totalMs;
    bytes += exchange.bytes;
    if (!exchange.isHit) misses.push(blob === all[0] ? "the config" : "a layer");
  }
  const requests = 1 + replies.length + all.length;
  const { firstByteMs } = head;
  return { blobs: all, largest, firstByteMs, totalMs, bytes, requests, misses, probes };
}

/** The config and the layers, each once. The session has checked that there is a config. */
function blobsIn(manifest: Uint8Array): Blob[] {
  const { config, layers = [] } = (parseJsonObject(manifest) ?? {}) as {
    readonly config?: Blob;
    readonly layers?: readonly Blob[];
  };
  const all = [config, ...layers].filter((blob) => blob !== undefined);
  return [...new Map(all.map((blob) => [blob.digest, blob])).values()];
}
