// RFC 8288, section 3: the query of a target, and the parameters up to the next link.
const LINK = /<[^<>?#]*\?([^<>#]+)(?:#[^<>]*)?>([^<]*)/g;
const IS_NEXT = /;\s*rel\s*=\s*"?next"?\s*(?:[;,]|$)/i;
const MAX_LENGTH = 16 * 1024;

/**
 * Parses `Link` (RFC 8288), with which registries page (OCI distribution-spec, "Listing tags").
 *
 * @returns the query of the `rel="next"` target, without `?`; null if there is no next page.
 */
export function parseNextQuery(header: string | null): string | null {
  const text = (header ?? "").slice(0, MAX_LENGTH);
  for (const [, query, parameters = ""] of text.matchAll(LINK)) {
    if (IS_NEXT.test(parameters)) return new URLSearchParams(query).toString();
  }
  return null;
}

/** @returns a `Link` to the next page, relative to this host. */
export function nextLink(path: string, query: string): string {
  return `<${path}?${query}>; rel="next"`;
}
