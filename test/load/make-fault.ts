import { setTimeout as pause } from "node:timers/promises";
import { truncate } from "../support/hub/faults.ts";
import type { Fault, HubRequest } from "../support/hub.ts";
import type { FaultCounts } from "./faults.ts";
import type { Random } from "./random.ts";

/** What goes wrong with a single request. */
type Kind = Exclude<keyof FaultCounts, "outages">;

/** Of each request, as long as there are faults. */
const PROBABILITIES: readonly (readonly [Kind, number])[] = [
  ["reset", 0.01],
  ["failing", 0.01],
  ["limited", 0.005],
  ["slow", 0.02],
  ["truncated", 0.01],
  ["wrong", 0.005],
  ["hang", 0.002],
];
const SLOW_MS = 400;

/** @returns what goes wrong with the next request; null for most of them. */
export function pickFault(random: Random): Kind | null {
  let point = random.next();
  for (const [kind, probability] of PROBABILITIES) {
    if (point < probability) return kind;
    point -= probability;
  }
  return null;
}

/** @returns what the upstream answers with that fault. */
export async function makeFault(
  kind: Kind,
  request: HubRequest,
  next: () => Promise<Response>,
  random: Random,
): Promise<Response | Fault> {
  switch (kind) {
    case "reset":
    case "hang":
      return kind;
    case "failing":
      return new Response("internal error", { status: 500 + 3 * random.below(2) });
    case "limited":
      return new Response("slow down", { status: 429, headers: { "retry-after": "1" } });
    case "slow":
      await pause(SLOW_MS);
      return next();
    case "truncated": {
      const response = await next();
      const length = Number(response.headers.get("content-length"));
      return response.body === null ? response : truncate(response, Math.ceil(length / 2));
    }
    case "wrong":
      return corrupt(request, await next());
  }
}

/** A manifest with one byte flipped. Blobs are the client's to verify, so theirs stay right. */
async function corrupt({ path, method }: HubRequest, response: Response): Promise<Response> {
  if (!path.includes("/manifests/") || method !== "GET" || !response.ok) return response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  const { status, headers } = response;
  return new Response(bytes, { status, headers });
}
