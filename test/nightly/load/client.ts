import type { Agent } from "node:http";
import { type Descriptor, docker, oci } from "../../support/image.ts";
import { type Answer, exchange, type Sent } from "./exchange.ts";
import { judge, judgeTag, record, sha256, type Tally } from "./judge.ts";
import type { Random } from "./random.ts";
import { CACHED_BYTES, type Subject } from "./upstream.ts";

/** How a client pulls, and where it counts. */
export interface ClientOptions {
  readonly origin: string;
  readonly agent: Agent;
  readonly random: Random;
  readonly tally: Tally;
  /** How long the mirror may trust a tag, in milliseconds. */
  readonly ttlMs: number;
  /** Between two pieces of a body, in milliseconds. */
  readonly pauseMs: number;
  /** The probability that it aborts a request. */
  readonly leaves: number;
}

const ACCEPT = [docker.manifest, docker.index, oci.index, oci.manifest].join(", ");
const LEAVES_WITHIN_MS = 40;

/**
 * Pulls an image as docker does, and judges every answer. A blob that breaks is resumed by Range.
 *
 * @returns the digest of the image if it is complete, else null.
 */
export async function pullOnce(options: ClientOptions, subject: Subject): Promise<string | null> {
  const { tally } = options;
  const digest = await pullImage(options, subject);
  if (digest === null) tally.failedPulls += 1;
  else tally.pulls += 1;
  return digest;
}

async function pullImage(options: ClientOptions, subject: Subject): Promise<string | null> {
  const base = `${options.origin}/v2/${subject.repository}`;
  const digest = await resolve(options, subject, base);
  if (digest === null) return null;
  let manifest = await getManifest(options, base, digest);
  const child = manifest?.manifests?.[0]?.digest;
  if (child !== undefined) manifest = await getManifest(options, base, child);
  if (manifest?.config === undefined) return null;
  for (const blob of [manifest.config, ...(manifest.layers ?? [])]) {
    if (!(await getBlob(options, base, blob))) return null;
  }
  return digest;
}

async function resolve(options: ClientOptions, subject: Subject, base: string) {
  const { tally, random, ttlMs } = options;
  const url = `${base}/manifests/${subject.tag}`;
  const method = random.happens(0.2) ? "GET" : "HEAD";
  const start = Date.now();
  const answer = await send(options, { method, url, headers: { accept: ACCEPT } });
  const digest = answer.headers.get("docker-content-digest");
  if (answer.ending !== "whole" || answer.status !== 200) return null;
  const fault = judgeTag(subject, answer, start, ttlMs);
  if (fault !== null) tally.broken.push(fault);
  if (method === "GET") verify(options, answer, digest, url);
  return digest;
}

interface AnyManifest {
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

async function getManifest(
  options: ClientOptions,
  base: string,
  digest: string,
): Promise<AnyManifest | null> {
  const url = `${base}/manifests/${digest}`;
  const answer = await send(options, { method: "GET", url, headers: { accept: ACCEPT } });
  if (answer.ending !== "whole" || answer.status !== 200) return null;
  return verify(options, answer, digest, url) ? JSON.parse(answer.body.toString()) : null;
}

async function getBlob(options: ClientOptions, base: string, { digest, size }: Descriptor) {
  const url = `${base}/blobs/${digest}`;
  const isLarge = size > CACHED_BYTES;
  if (isLarge) options.tally.largeBlobRequests += 1;
  const answer = await send(options, { method: "GET", url, headers: {} });
  if (answer.status !== 200) return false;
  if (answer.ending === "whole") return verify(options, answer, digest, url);
  const got = answer.body.length;
  if (got === 0 || got >= size) return false;
  if (isLarge) options.tally.largeBlobRequests += 1;
  const rest = await send(options, { method: "GET", url, headers: { range: `bytes=${got}-` } });
  if (rest.status !== 206 || rest.ending !== "whole") return false;
  const body = Buffer.concat([answer.body, rest.body]);
  options.tally.resumed += 1;
  return verify(options, { ...rest, body }, digest, url);
}

/** Sends one request, and judges what does not depend on the digest. */
async function send(options: ClientOptions, sent: Sent): Promise<Answer> {
  const { agent, random, tally, pauseMs, leaves } = options;
  const leavesAfterMs = random.happens(leaves) ? random.below(LEAVES_WITHIN_MS) : null;
  const headers = { ...sent.headers, "accept-encoding": "identity" };
  const answer = await exchange(agent, { ...sent, headers }, { pauseMs, leavesAfterMs });
  record(tally, answer);
  const fault = judge(sent, answer);
  if (fault !== null) tally.broken.push(fault);
  return answer;
}

function verify({ tally }: ClientOptions, { body }: Answer, digest: string | null, url: string) {
  if (sha256(body) !== digest) {
    tally.broken.push(`wrong bytes: ${new URL(url).pathname} is not ${digest}`);
    return false;
  }
  tally.verified += 1;
  tally.verifiedBytes += body.length;
  return true;
}
