import { searchKey } from "../cache/keys.ts";
import { isPassing, RegistryError } from "../protocol/errors.ts";
import { type SearchResult, searchImages } from "../upstream/search.ts";
import type { Context } from "./context.ts";
import { checkClientLimit } from "./limit.ts";
import type { ClientRequest } from "./request.ts";
import { respondJson } from "./respond.ts";

const MAX_TEXT_LENGTH = 100;
const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;

/** @returns whether this is a search, or the question whether there is one (`docker search`). */
export function isSearchPath(pathname: string): boolean {
  return pathname === "/v1/_ping" || pathname === "/v1/search";
}

/**
 * GET and HEAD `/v1/_ping` and `/v1/search?q=…&n=…`, as Docker's index API has them.
 *
 * @throws RegistryError UNSUPPORTED 400 for a question that is none, and as `searchImages`.
 */
export async function serveSearch(
  context: Context,
  pathname: string,
  request: ClientRequest,
): Promise<Response> {
  const { isHead, query } = request;
  if (pathname === "/v1/_ping") return respondJson("true", { isHead });
  const text = readText(query);
  const limit = readLimit(query);
  await checkClientLimit(context.isWithinLimit, request);
  const results = await search(context, text, limit);
  const list = { query: text, num_results: results.length, num_pages: 1, page: 1, results };
  return respondJson(JSON.stringify(list), { isHead });
}

async function search(
  context: Context,
  text: string,
  limit: number,
): Promise<readonly SearchResult[]> {
  const { searches, refusals, registry, upstream, share } = context;
  const key = searchKey(registry.url.host, text, limit);
  const known = await searches.read(key);
  if (known && searches.isFresh(known)) return known.results;
  try {
    const question = { text, limit };
    const ask = () => searchImages(upstream, registry.index, question);
    const found = await share(key, async () =>
      searches.write(key, await refusals.guardLimit(key, ask)),
    );
    return found.results;
  } catch (error) {
    if (known && isPassing(error)) return known.results;
    throw error;
  }
}

function readText(query: URLSearchParams): string {
  const text = (query.get("q") ?? "").trim().toLowerCase();
  if (text !== "" && text.length <= MAX_TEXT_LENGTH) return text;
  throw badQuestion(`q must be 1 to ${MAX_TEXT_LENGTH} characters to look for`);
}

function readLimit(query: URLSearchParams): number {
  const raw = query.get("n") ?? String(DEFAULT_LIMIT);
  const limit = /^\d{1,4}$/.test(raw) ? Number(raw) : 0;
  if (limit > 0) return Math.min(limit, MAX_LIMIT);
  throw badQuestion(`n must be a whole number from 1 to ${MAX_LIMIT}`);
}

function badQuestion(what: string): RegistryError {
  return new RegistryError("UNSUPPORTED", `the search cannot be done: ${what}`, { status: 400 });
}
