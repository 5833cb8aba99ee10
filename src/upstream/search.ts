import { RegistryError } from "../protocol/errors.ts";
import { parseJsonObject } from "../protocol/json.ts";
import { parseRetryAfter } from "../protocol/retry-after.ts";
import { discard, failing } from "./http.ts";
import type { Upstream } from "./upstream.ts";

/** A found image, in the form of Docker's index API. */
export interface SearchResult {
  readonly name: string;
  readonly description: string;
  readonly star_count: number;
  readonly is_official: boolean;
  readonly is_automated: boolean;
}

export interface SearchRequest {
  readonly text: string;
  /** From 1 to 100. */
  readonly limit: number;
}

const MAX_BYTES = 1024 * 1024;
const MAX_DESCRIPTION_LENGTH = 300;

/**
 * Searches by Docker's index API, version 1, without an account.
 *
 * @param origin of the index.
 * @throws RegistryError TOOMANYREQUESTS or UNAVAILABLE.
 */
export async function searchImages(
  { http, usage, now }: Upstream,
  origin: URL,
  { text, limit }: SearchRequest,
): Promise<SearchResult[]> {
  const url = new URL("/v1/search", origin);
  url.searchParams.set("q", text);
  url.searchParams.set("n", String(limit));
  const response = await http.send({ url, method: "GET", headers: {} }, usage);
  if (response.status !== 200) {
    discard(response);
    if (response.status === 429) {
      throw new RegistryError(
        "TOOMANYREQUESTS",
        `${url.host} reports: too many searches; wait and retry`,
        {
          retryAfterSeconds: parseRetryAfter(response.headers.get("retry-after"), now()),
          isTransient: true,
        },
      );
    }
    throw failing(url, response.status);
  }
  const bytes = await http.read(response, url, usage, MAX_BYTES);
  const results = bytes && parseJsonObject(bytes)?.results;
  if (Array.isArray(results)) return results.flatMap(parseResult).slice(0, limit);
  throw new RegistryError("UNAVAILABLE", `${url.host} returned unreadable results; try again`);
}

/** Only text and numbers are passed on. */
function parseResult(result: unknown): SearchResult[] {
  const { name, description, star_count, is_official, is_automated } = Object(result);
  if (typeof name !== "string" || name === "") return [];
  const text = typeof description === "string" ? description : "";
  return [
    {
      name,
      description: text.slice(0, MAX_DESCRIPTION_LENGTH),
      star_count: Number.isSafeInteger(star_count) ? star_count : 0,
      is_official: is_official === true,
      is_automated: is_automated === true,
    },
  ];
}
