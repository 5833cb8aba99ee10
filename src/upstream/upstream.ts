import type { Name } from "../protocol/name.ts";
import type { Http, Trace } from "./http.ts";
import type { QuotaMemory } from "./quota.ts";

/** The account that mints the upstream's tokens. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

/** The right to ask, as an `Authorization` header. */
export interface Credential {
  /** Null where the upstream asks for none. */
  readonly header: string | null;
  /** Whether it was made for this very request, so that a newer one would be no better. */
  readonly isFresh: boolean;
}

/** Where credentials come from; the mirror decides from which cache. */
export interface Credentials {
  /** @returns what to ask for `name` with. */
  get(name: Name): Promise<Credential>;
  /**
   * @param refused what the upstream answered 401 (or 400) to.
   * @param challenge the `WWW-Authenticate` that came with it, or null.
   * @returns a fresh one, or null if none would be better.
   */
  renew(name: Name, refused: Credential, challenge: string | null): Promise<Credential | null>;
  /** @returns those for another registry that this one redirects to: always anonymous ones. */
  at(registry: URL): Credentials;
}

/** The one registry that is mirrored, as far as it takes to get a credential for it. */
export interface Origin {
  readonly url: URL;
  readonly http: Http;
  /** What `http` counts. */
  readonly trace: Trace;
  readonly account: Account | null;
  readonly now: () => number;
}

/** The registry, and the right to ask it. */
export interface Upstream extends Origin {
  readonly credentials: Credentials;
  /** The pull quota of whoever asks. */
  readonly quota: QuotaMemory;
}
