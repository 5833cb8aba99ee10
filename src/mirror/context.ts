import type { ContentCache } from "../cache/content.ts";
import type { Share } from "../cache/flight.ts";
import type { PointerCache } from "../cache/pointer.ts";
import type { RefusalCache } from "../cache/refusal.ts";
import type { Trace } from "../upstream/http.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { Naming } from "./image.ts";

/** All that the handlers of one request work with. */
export interface Context {
  readonly naming: Naming;
  readonly upstream: Upstream;
  readonly pointers: PointerCache;
  readonly manifests: ContentCache;
  readonly blobs: ContentCache;
  readonly refusals: RefusalCache;
  readonly share: Share;
  readonly later: (work: Promise<unknown>) => void;
  readonly trace: Trace;
}
