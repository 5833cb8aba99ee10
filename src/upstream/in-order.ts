import { RegistryError } from "../protocol/errors.ts";
import type { Upstream } from "./upstream.ts";

/** The upstreams of a registry for one request, in the order of the configuration. */
export interface Candidates {
  readonly upstreams: readonly [Upstream, ...Upstream[]];
  /** @throws RegistryError if the mirror may not serve the image with this upstream's account. */
  admit(upstream: Upstream): Promise<void>;
}

/** A result, and the upstream that it came from. */
export interface Delivery<T> {
  readonly value: T;
  readonly upstream: Upstream;
}

/** An upstream that failed is asked last, so that not every request of a pull waits for it. */
const LAST_MS = 30_000;

/**
 * Asks one upstream after another until one delivers. Each but the last has an equal share of the
 * time that is left.
 *
 * @throws RegistryError the first failure; the answer is 404 only if every upstream says so.
 */
export async function askInOrder<T>(
  { upstreams, admit }: Candidates,
  ask: (upstream: Upstream) => Promise<T>,
): Promise<Delivery<T>> {
  const order = upstreams.toSorted((a, b) => Number(isLast(a)) - Number(isLast(b)));
  const failures: (readonly [RegistryError, Upstream])[] = [];
  for (const [index, upstream] of order.entries()) {
    const { id, http, usage, lastUntil, now } = upstream;
    const hasTime = http.startShare(usage, order.length - index, order.length);
    try {
      await admit(upstream);
      const value = await ask(upstream);
      usage.answeredBy = id;
      return { value, upstream };
    } catch (error) {
      if (!(error instanceof RegistryError) || concernsRequest(error)) throw error;
      if (error.isTransient && hasTime) lastUntil.set(id, now() + LAST_MS);
      failures.push([error, upstream]);
    }
  }
  const [error, { id, usage }] = decisive(failures);
  usage.answeredBy = id;
  throw error;
}

function isLast({ id, lastUntil, now }: Upstream): boolean {
  return now() < (lastUntil.get(id) ?? 0);
}

/** Whether no other upstream can do better: a range beyond the end, or a client over its limit. */
function concernsRequest({ code, isTransient }: RegistryError): boolean {
  return code === "RANGE_INVALID" || (code === "TOOMANYREQUESTS" && !isTransient);
}

/** Of 404s only, the one of the manifest or blob says the most. */
function decisive<T extends readonly [RegistryError, unknown]>(failures: readonly T[]): T {
  const failure = failures.find(([{ status, isRejection }]) => status !== 404 || isRejection);
  const missing = failures.find(([{ code }]) => code !== "NAME_UNKNOWN");
  return (failure ?? missing ?? failures[0]) as T;
}
