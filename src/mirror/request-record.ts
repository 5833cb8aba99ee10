import type { RegistryError } from "../protocol/errors.ts";
import type { ClientLocation } from "../protocol/network.ts";
import { createUsage, type UpstreamUsage } from "../upstream/upstream.ts";

/** Kinds of requests. A pull starts with a `tag`; manifests and blobs follow. */
export type RequestKind =
  | "refused"
  | "base"
  | "tag"
  | "manifest"
  | "blob"
  | "tags"
  | "referrers"
  | "search"
  | "other";

/** Everything that the log and the metrics report of a request. It is filled as soon as known. */
export interface RequestRecord {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly method: string;
  readonly client: ClientLocation;
  readonly upstream: UpstreamUsage;
  kind: RequestKind;
  /** The path without any secret; null until the client is admitted. */
  path: string | null;
  /** The name of the path secret or user, or null. */
  lock: string | null;
  /** The name of the registry, or null. */
  registry: string | null;
  /** The repository there, or null. */
  image: string | null;
  /** A tag or digest, or null. */
  reference: string | null;
  /** Null for a success. */
  error: RegistryError | null;
}

/** @param now milliseconds since 1970. */
export function createRequestRecord({ method, headers, cf }: Request, now: number): RequestRecord {
  const country = cf?.country;
  const asn = cf?.asn;
  return {
    startedAt: now,
    method,
    client: {
      address: headers.get("cf-connecting-ip"),
      country: typeof country === "string" ? country : null,
      asn: typeof asn === "number" ? asn : null,
    },
    upstream: createUsage(),
    kind: "refused",
    path: null,
    lock: null,
    registry: null,
    image: null,
    reference: null,
    error: null,
  };
}
