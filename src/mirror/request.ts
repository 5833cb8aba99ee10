/** What handlers need of a client's request: nothing else of it goes any further. */
export interface ClientRequest {
  readonly isHead: boolean;
  readonly headers: Headers;
  readonly query: URLSearchParams;
  /** What stands before the name in this client's paths, `/v2/` unless there is a path secret. */
  readonly base: string;
  /** Where this client would get a token of the mirror's own. */
  readonly realm: string;
  /** The mirror's host as the client asked, with its port. */
  readonly host: string;
  /** The client's IP address, or null. */
  readonly address: string | null;
  /** The name of the lock that opened for it, or null. */
  readonly lock: string | null;
}

/**
 * @param upstreamQuery of the upstream's next page.
 * @param namespace the `ns` that it takes to come to the same registry again, or null.
 * @returns the query of the mirror's own next page.
 */
export function nextPage(upstreamQuery: string, namespace: string | null): string {
  const next = new URLSearchParams(upstreamQuery);
  // An upstream's own would name a registry here.
  next.delete("ns");
  if (namespace !== null) next.set("ns", namespace);
  return next.toString();
}

/** @returns the query for the upstream: all of it but `ns`, which is for the mirror. */
export function forwardedQuery(query: URLSearchParams): URLSearchParams {
  const forwarded = new URLSearchParams(query);
  forwarded.delete("ns");
  return forwarded;
}
