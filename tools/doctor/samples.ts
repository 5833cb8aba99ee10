import { type AcceptClass, ALL_TYPES, acceptHeader } from "../../src/protocol/media-type.ts";
import { contentOf } from "./content.ts";
import { provenBlob, provenManifest } from "./corrupt.ts";
import type { Client } from "./http/client.ts";
import type { Connection } from "./http/connection.ts";
import type { Reply } from "./http/reply.ts";
import { type Descriptor, isIndex, readIndex, readManifest } from "./manifest.ts";
import { once } from "./once.ts";
import type { AskOptions, Question } from "./question.ts";
import { Refused } from "./refused.ts";

/** A manifest, and what was asked to get it. */
export interface ManifestSample {
  readonly digest: string;
  /** The manifest of the tag, and the one for a platform if that is another. */
  readonly replies: readonly Reply[];
  readonly config: Descriptor;
  /** The smallest layer; null if there is none. */
  readonly layer: Descriptor | null;
}

/**
 * What several checks look at, each asked for once. Rejects with Refused if the answer is no
 * success, with Corrupt if its bytes are wrong: the same error every time, so that it is told once.
 */
export interface Samples {
  connection(): Promise<Connection>;
  /** HEAD of the tag. */
  tag(): Promise<Reply>;
  manifest(): Promise<ManifestSample>;
  config(): Promise<Reply>;
  /** The smallest layer; null if there is none, or only such as are too large to read. */
  layer(): Promise<Reply | null>;
}

/** As the Worker has it. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
/** Of the config and of a layer each. */
const MAX_BLOB_BYTES = 4 * 1024 * 1024;
/** Docker Hub then gives the manifest for linux/amd64 in place of a list. */
const SINGLE = "dm" as AcceptClass;

export const ACCEPT_ALL = { accept: acceptHeader(ALL_TYPES) };

export function createSamples(
  { image }: Question,
  client: Client,
  ask: (path: string, options?: AskOptions) => Promise<Reply>,
): Samples {
  const manifestPath = (reference: string) => `/v2/${image.name}/manifests/${reference}`;
  const headTag = (headers: Record<string, string>) =>
    ask(manifestPath(image.reference), { method: "HEAD", headers });
  const getManifest = async (digest: string) => {
    const options = { headers: ACCEPT_ALL, maxBytes: MAX_MANIFEST_BYTES };
    return provenManifest(accepted(await ask(manifestPath(digest), options)), digest);
  };
  const getBlob = async (blob: Descriptor) => {
    const path = `/v2/${image.name}/blobs/${blob.digest}`;
    return provenBlob(accepted(await ask(path, { maxBytes: MAX_BLOB_BYTES })), blob);
  };

  const tag = once(async () => {
    const reply = await headTag(ACCEPT_ALL);
    if (reply.status === 200) return reply;
    // Only the answer to a GET has words. A refusal is remembered, so this one goes no further.
    const told = await ask(manifestPath(image.reference), { headers: ACCEPT_ALL });
    throw new Refused(told.status >= 300 ? told : reply);
  });

  /** Costs one manifest where the registry gives one for a platform by HEAD, else two. */
  const manifest = once(async (): Promise<ManifestSample> => {
    const top = await tag();
    const single = isIndex(top.headers) ? await headTag({ accept: acceptHeader(SINGLE) }) : top;
    const isSingle = single.status === 200 && !isIndex(single.headers);
    const digest = digestIn(isSingle ? single : top);
    const first = await getManifest(digest);
    const replies = [first];
    const child = readIndex(contentOf(first));
    if (child !== null) replies.push(await getManifest(child.digest));
    const last = replies.at(-1) ?? first;
    const parts = readManifest(contentOf(last));
    if (parts === null) throw new Refused(last);
    return { digest, replies, ...parts };
  });

  const config = once(async () => getBlob((await manifest()).config));
  const layer = once(async () => {
    // What keeps the config back keeps a layer back as well.
    await config();
    const { layer } = await manifest();
    return layer === null || layer.size > MAX_BLOB_BYTES ? null : getBlob(layer);
  });
  return { connection: () => client.connection(), tag, manifest, config, layer };
}

/** @returns `Docker-Content-Digest`, or what stands in its place when it is missing. */
function digestIn(reply: Reply): string {
  const digest = reply.headers.get("docker-content-digest");
  if (digest === null) throw new Refused(reply);
  return digest;
}

function accepted(reply: Reply): Reply {
  if (reply.status !== 200) throw new Refused(reply);
  return reply;
}
