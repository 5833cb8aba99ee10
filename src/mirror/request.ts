/** What handlers need of a client's request: nothing else of it goes any further. */
export interface ClientRequest {
  readonly isHead: boolean;
  readonly headers: Headers;
  readonly query: URLSearchParams;
}

/** @returns the query for the upstream: all of it but `ns`, which is for the mirror. */
export function forwardedQuery(query: URLSearchParams): URLSearchParams {
  const forwarded = new URLSearchParams(query);
  forwarded.delete("ns");
  return forwarded;
}
