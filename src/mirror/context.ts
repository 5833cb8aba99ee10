import type { BlobStore } from "../cache/blob-store.ts";
import type { ContentCache } from "../cache/content.ts";
import type { Share } from "../cache/flight.ts";
import type { ListedStore } from "../cache/kv.ts";
import type { Memory } from "../cache/memory.ts";
import type { PointerCache } from "../cache/pointer.ts";
import type { RefusalCache } from "../cache/refusal.ts";
import type { SearchCache } from "../cache/search.ts";
import type { ReportFailure } from "../cache/store.ts";
import type { VerdictCache } from "../cache/verdict.ts";
import type { Scheme } from "../protocol/challenge.ts";
import type { Network } from "../protocol/network.ts";
import type { Sealer } from "../protocol/seal.ts";
import type { NamedSecret } from "../protocol/secret-list.ts";
import type { Trace } from "../upstream/http.ts";
import type { SearchResult } from "../upstream/search.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { ImageRule } from "./image-rules.ts";
import type { WithinLimit } from "./limit.ts";
import type { Registries, Registry } from "./registry.ts";
import type { Sighting } from "./sighting.ts";

/** Who may pull what. Everything is open where a list is empty. */
export interface AccessConfig {
  readonly paths: readonly NamedSecret[];
  readonly users: readonly NamedSecret[];
  readonly networks: readonly Network[];
  readonly allowedImages: readonly ImageRule[];
  readonly deniedImages: readonly ImageRule[];
  /** What the mirror's own account may be used for. */
  readonly privateImages: PrivateImages;
  /** What the tokens of upstream logins are sealed with; null if there are no such logins. */
  readonly loginKey: string | null;
}

export type PrivateImages = "check" | "public-only-account" | "allow";

/** Where whole blobs are kept, if the owner wants it. */
export interface Keeping {
  readonly store: BlobStore;
  /** Larger blobs are passed through only. */
  readonly maxBytes: number;
  readonly fills: Fills;
  /** Tells the log that a fill failed. */
  readonly report: ReportFailure;
}

/** The fills that an isolate has under way: since when, in milliseconds since 1970, by key. */
export type Fills = Map<string, number>;

/** All that one request works with, before it is known which registry it is for. */
export interface Lobby {
  readonly registries: Registries;
  readonly access: AccessConfig;
  readonly pointers: PointerCache;
  readonly manifests: ContentCache;
  readonly blobs: ContentCache;
  readonly refusals: RefusalCache;
  readonly verdicts: VerdictCache;
  readonly kv: ListedStore;
  readonly searches: SearchCache<SearchResult>;
  /** Whether images can be searched. */
  readonly hasSearch: boolean;
  /** Whether there is a page for people. */
  readonly hasHomePage: boolean;
  readonly share: Share;
  readonly later: (work: Promise<unknown>) => void;
  readonly trace: Trace;
  /** What requests last saw of each registry, by its name. */
  readonly sightings: Memory<Sighting>;
  /** Null where there is no limit. */
  readonly isWithinLimit: WithinLimit | null;
  /** Null where nobody can log in with an upstream account. */
  readonly sealer: Sealer | null;
  readonly now: () => number;
  /** @returns what it takes to serve an image of the registry. */
  enter(registry: Registry): Promise<Context>;
}

/** All that the handlers of one request work with. */
export interface Context extends Lobby {
  readonly registry: Registry;
  /** The upstream as this request may ask it. */
  readonly upstream: Upstream;
  /** The upstream as anybody may ask it. */
  readonly anonymous: Upstream;
  /** The part of the caches that this request may see. */
  readonly space: string;
  /** Null where whole blobs are not kept. */
  readonly keeping: Keeping | null;
  /** How the upstream wants to be asked. */
  readonly scheme: () => Promise<Scheme>;
}
