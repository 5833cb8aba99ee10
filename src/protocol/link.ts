/**
 * `Link` (RFC 8288) as registries page with it (OCI distribution-spec, "Listing tags").
 *
 * @returns the query of the `rel="next"` target, without `?`; null if there is no next page.
 */
export function parseNextQuery(header: string | null): string | null {
  for (const [, target = "", parameters = ""] of (header ?? "").matchAll(/<([^>]*)>([^<]*)/g)) {
    if (!/;\s*rel="?next"?\s*(;|,|$)/i.test(parameters)) continue;
    const query = target.split("#", 1)[0]?.split("?").slice(1).join("?") ?? "";
    return query === "" ? null : new URLSearchParams(query).toString();
  }
  return null;
}

/** @returns a `Link` to the next page, relative to this host. */
export function nextLink(path: string, query: string): string {
  return `<${path}?${query}>; rel="next"`;
}
