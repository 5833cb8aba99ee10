import { bodyResponse, errorResponse } from "./respond.ts";

/** How the registry pages its lists. */
export interface Paging {
  readonly pageSize: number;
  /** The front of the URL in a `Link`: empty for a relative one. */
  readonly linkOrigin: string;
}

/** One page of tags in lexical order; `tags` is null when there are none, as in distribution. */
export function serveTags(
  method: string,
  url: URL,
  name: string,
  tags: Iterable<string>,
  paging: Paging,
): Response {
  const asked = url.searchParams.get("n");
  if (asked !== null && !/^\d+$/.test(asked)) {
    return errorResponse(method, 400, "PAGINATION_NUMBER_INVALID", "invalid number of results");
  }
  const size = asked === null ? paging.pageSize : Number(asked);
  const last = url.searchParams.get("last") ?? "";
  const rest = [...tags].sort().filter((tag) => tag > last);
  const page = rest.slice(0, size);
  const hasMore = size > 0 && rest.length > size;
  const next = `${paging.linkOrigin}${url.pathname}?last=${page.at(-1)}&n=${size}`;
  const body = JSON.stringify({ name, tags: rest.length === 0 && last === "" ? null : page });
  return bodyResponse(method, 200, body, {
    "content-type": "application/json",
    ...(hasMore ? { link: `<${next}>; rel="next"` } : {}),
  });
}
