import type { Digest } from "../protocol/digest.ts";
import type { Name } from "../protocol/name.ts";
import { ask, type Reply } from "./ask.ts";
import { discard } from "./body.ts";
import type { Upstream } from "./upstream.ts";

export interface BlobQuestion {
  readonly name: Name;
  readonly digest: Digest;
}

/**
 * Asks for a blob, once more where the storage refuses: a signed URL may have expired on the way.
 *
 * @param range a `Range` header, or null for the whole.
 * @throws RegistryError as `ask`.
 */
export async function askForBlob(
  upstream: Upstream,
  { name, digest }: BlobQuestion,
  method: "GET" | "HEAD",
  range: string | null,
): Promise<Reply> {
  const headers = range === null ? {} : { range };
  const path = `blobs/${digest}`;
  const question = { name, path, method, headers, isRaw: true, ...refusalsOf(method, range) };
  const reply = await ask(upstream, question);
  if (reply.isRegistry || reply.response.status !== 403 || method === "HEAD") return reply;
  discard(reply.response);
  return ask(upstream, question);
}

/**
 * public.ecr.aws refuses every HEAD with 401, and gcr.io several ranges with 400: neither is worth
 * a new token. What cannot be had by HEAD is asked for by GET in any case.
 */
function refusalsOf(method: "GET" | "HEAD", range: string | null) {
  if (method === "HEAD") return { refusals: [] };
  return range?.includes(",") ? { refusals: [401] } : {};
}
