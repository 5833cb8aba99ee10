import { searchKey } from "../cache/keys.ts";
import { RegistryError } from "../protocol/errors.ts";
import type { Services } from "../services.ts";
import { searchImages } from "../upstream/search.ts";
import type { UpstreamUsage } from "../upstream/upstream.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import type { ClientRequest } from "./target.ts";

const MAX_TEXT_LENGTH = 100;
const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;

/** @returns whether this is a search, or the test for search support by `docker search`. */
export function isSearchPath(pathname: string): boolean {
  return pathname === "/v1/_ping" || pathname === "/v1/search";
}

/**
 * GET and HEAD `/v1/_ping` and `/v1/search?q=…&n=…` of Docker's index API, for the primary registry.
 *
 * @throws RegistryError UNSUPPORTED 400 for an invalid query, and the errors of `searchImages`.
 */
export async function serveSearch(
  services: Services,
  client: ClientRequest,
  usage: UpstreamUsage,
): Promise<Answer> {
  if (client.pathname === "/v1/_ping") return jsonAnswer("true");
  const text = readText(client.url.searchParams);
  const limit = readLimit(client.url.searchParams);
  await client.countFetch();
  const { primary } = services.config.registries;
  const [upstream] = services.upstreamsOf(primary, usage);
  const key = searchKey(primary.id, text, limit);
  const loaded = await services.searches.load({
    ...{ key, refusalKey: key, singleFlight: upstream.singleFlight },
    fetch: () => searchImages(upstream, primary.searchUrl, { text, limit }),
    mayAnswerStale: (error) => error.isTransient,
  });
  const { value: results, cacheStatus, warning } = loaded;
  const list = { query: text, num_results: results.length, num_pages: 1, page: 1, results };
  return jsonAnswer(JSON.stringify(list), { cacheStatus, warning });
}

function readText(query: URLSearchParams): string {
  const text = (query.get("q") ?? "").trim().toLowerCase();
  if (text !== "" && text.length <= MAX_TEXT_LENGTH) return text;
  throw invalidQuery(`q must have 1 to ${MAX_TEXT_LENGTH} characters`);
}

function readLimit(query: URLSearchParams): number {
  const raw = query.get("n") ?? String(DEFAULT_LIMIT);
  const limit = /^\d{1,4}$/.test(raw) ? Number(raw) : 0;
  if (limit > 0) return Math.min(limit, MAX_LIMIT);
  throw invalidQuery(`n must be a whole number from 1 to ${MAX_LIMIT}`);
}

function invalidQuery(problem: string): RegistryError {
  return new RegistryError("UNSUPPORTED", `the search is invalid: ${problem}`, { status: 400 });
}
