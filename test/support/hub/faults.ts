import { tooMany } from "./manifests.ts";
import type { Quota } from "./quota.ts";
import type { HubRequest, Interceptor } from "./types.ts";

/** What an interceptor may do instead of answering. */
export type Fault = "reset" | "hang";

/**
 * - `serving`: all is well.
 * - `exhausted`: no pulls are left, so a manifest GET is refused; HEAD, tokens and blobs go on.
 * - `limited`: the abuse limiter refuses everything at the registry and the token service.
 * - `gone`: every connection breaks.
 */
export type Mode = "serving" | "exhausted" | "limited" | "gone";

/** What goes wrong at present. */
export interface Faults {
  become(mode: Mode): void;
  intercept(interceptor: Interceptor | null): void;
  /** What comes of a request to which `next` would be the answer. Rejects as a network does. */
  answer(
    request: HubRequest,
    signal: AbortSignal,
    next: () => Promise<Response>,
  ): Promise<Response>;
}

/** Nothing goes wrong yet. */
export function createFaults(quota: Quota): Faults {
  let mode: Mode = "serving";
  let interceptor: Interceptor | null = null;
  return {
    become: (next) => {
      mode = next;
    },
    intercept: (next) => {
      interceptor = next;
    },
    async answer(request, signal, next) {
      const failure = failureOf(mode, request, quota) ?? (await interceptor?.(request, next));
      return typeof failure === "string" ? fail(failure, signal) : (failure ?? next());
    },
  };
}

function failureOf(mode: Mode, request: HubRequest, quota: Quota): Response | Fault | null {
  const isManifest = request.host === "registry" && request.path.includes("/manifests/");
  if (mode === "gone") return "reset";
  if (mode === "exhausted" && isManifest && request.method === "GET") return tooMany(null, quota);
  if (mode !== "limited" || request.host === "storage") return null;
  const headers = { "content-type": "text/plain; charset=utf-8" };
  return new Response("429 Too Many Requests\n", { status: 429, headers });
}

/** Fails a fetch as the network does: at once, or when the caller gives up. */
function fail(fault: Fault, signal: AbortSignal): Promise<never> {
  if (fault === "reset") return Promise.reject(new TypeError("Network connection lost."));
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
  });
}
