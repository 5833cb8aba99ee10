import type { Image } from "../image/parts.ts";
import type { Fault, Mode } from "./faults.ts";

export type { Fault, Mode } from "./faults.ts";

/** The hosts that Docker Hub consists of. */
export type Host = "registry" | "auth" | "storage";

/** A request that reached the stand-in. */
export interface HubRequest {
  readonly host: Host;
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
}

/** Which requests are meant; what is absent does not matter. */
export interface HubFilter {
  readonly host?: Host;
  readonly method?: string;
  readonly path?: RegExp;
}

/**
 * Called before the stand-in answers. `next` is what it would answer; undefined leaves it at that.
 */
export type Interceptor = (
  request: HubRequest,
  next: () => Promise<Response>,
) => Response | Fault | undefined | Promise<Response | Fault | undefined>;

/** What kind of Docker Hub it is; the defaults are those of the real one. */
export interface HubOptions {
  readonly registry?: string;
  readonly auth?: string;
  readonly storage?: string;
  readonly now?: () => number;
  /** User to password. */
  readonly accounts?: Readonly<Record<string, string>>;
  /** Repository to the accounts that may pull it. */
  readonly privateRepositories?: Readonly<Record<string, readonly string[]>>;
  readonly tokenSeconds?: number;
  /** Whether tokens tell what they grant, as Docker Hub's do. */
  readonly hasAccessClaims?: boolean;
  /** How long a signed blob URL works. */
  readonly blobUrlSeconds?: number;
  /** Manifests per six hours without an account. */
  readonly pullLimit?: number;
  readonly accountPullLimit?: number;
  readonly pageSize?: number;
  readonly links?: "relative" | "absolute";
}

/** A stand-in for Docker Hub that records what it is asked. */
export interface Hub {
  /** Answers as the network would: by origin, without following redirects. */
  fetch(input: Request | string | URL, init?: RequestInit): Promise<Response>;
  /** Makes an image available. A null tag leaves it reachable by digest only. */
  push(repository: string, tag: string | null, image: Image): void;
  /** Takes a tag away. */
  untag(repository: string, tag: string): void;
  readonly requests: HubRequest[];
  /** What should never have been sent here; a test wants it empty. */
  readonly leaks: string[];
  count(filter?: HubFilter): number;
  /** Resolves with the next request of this kind, before it is answered. */
  waitFor(filter: HubFilter): Promise<HubRequest>;
  /** How many manifests were pulled off the quota, by everyone. */
  pulls(): number;
  become(mode: Mode): void;
  intercept(interceptor: Interceptor | null): void;
  /** Forgets requests, leaks and spent quota, and goes back to serving. What was pushed stays. */
  reset(): void;
}
