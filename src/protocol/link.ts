import { matchAt } from "./scan.ts";

// RFC 8288, section 3: link-value and link-param.
const TARGET = /[\s,]*<([^<>]*)>/y;
const PARAMETER = /\s*;\s*([^\s=;,"<>]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"<>]+)))?/y;
const MAX_LENGTH = 16 * 1024;

/**
 * Parses `Link` (RFC 8288), with which registries page (OCI distribution-spec, "Listing tags").
 * Parsing stops at malformed text.
 *
 * @returns the query of the `rel="next"` target, without `?`; null if there is no next page.
 */
export function parseNextQuery(header: string | null): string | null {
  const text = (header ?? "").slice(0, MAX_LENGTH);
  for (let at = 0; ; ) {
    const target = matchAt(TARGET, text, at);
    if (target === null) return null;
    at = TARGET.lastIndex;
    let isNext = false;
    for (let next = matchAt(PARAMETER, text, at); next; next = matchAt(PARAMETER, text, at)) {
      at = PARAMETER.lastIndex;
      const [, name = "", quoted, bare = ""] = next;
      isNext ||= name.toLowerCase() === "rel" && hasNext(quoted ?? bare);
    }
    if (isNext) return queryOf(target[1] ?? "");
  }
}

/** @returns a `Link` to the next page, relative to this host. */
export function nextLink(path: string, query: string): string {
  return `<${path}?${query}>; rel="next"`;
}

function hasNext(relations: string): boolean {
  return relations.toLowerCase().split(/\s+/).includes("next");
}

function queryOf(target: string): string | null {
  const query = target.split("#", 1)[0]?.split("?").slice(1).join("?") ?? "";
  return query === "" ? null : new URLSearchParams(query).toString();
}
