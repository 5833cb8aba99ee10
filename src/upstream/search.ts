import { RegistryError } from "../protocol/errors.ts";
import { parseJsonObject } from "../protocol/json.ts";
import { parseRetryAfter } from "../protocol/retry-after.ts";
import { discard } from "./body.ts";
import { unusable } from "./failure.ts";
import type { Origin } from "./upstream.ts";

/** One image that was found, as Docker's index API has it. */
export interface SearchResult {
  readonly name: string;
  readonly description: string;
  readonly star_count: number;
  readonly is_official: boolean;
  readonly is_automated: boolean;
}

export interface SearchQuestion {
  readonly text: string;
  /** How many at most, 1 to 100. */
  readonly limit: number;
}

const MAX_BYTES = 1024 * 1024;
const MAX_DESCRIPTION_LENGTH = 300;

/**
 * Asks the search of Docker's index API, version 1, without any account.
 *
 * @param index where that is: its origin.
 * @throws RegistryError TOOMANYREQUESTS or UNAVAILABLE.
 */
export async function searchImages(
  upstream: Origin,
  index: URL,
  { text, limit }: SearchQuestion,
): Promise<SearchResult[]> {
  const url = new URL("/v1/search", index);
  url.searchParams.set("q", text);
  url.searchParams.set("n", String(limit));
  const response = await upstream.http.send({ url, method: "GET", headers: {} });
  if (response.status !== 200) {
    discard(response);
    if (response.status === 429) throw limited(url, response.headers, upstream.now());
    throw unusable(url, `answered with status ${response.status}`);
  }
  const bytes = await upstream.http.read(response, url, MAX_BYTES);
  const results = bytes && parseJsonObject(bytes)?.results;
  if (!Array.isArray(results)) throw unreadable(url);
  return results.flatMap(readResult).slice(0, limit);
}

/** What is passed on is built anew: text and numbers, nothing else of what the index says. */
function readResult(result: unknown): SearchResult[] {
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

function limited({ host }: URL, headers: Headers, now: number): RegistryError {
  return new RegistryError("TOOMANYREQUESTS", `${host} says too many searches; wait, then go on`, {
    retryAfterSeconds: parseRetryAfter(headers.get("retry-after"), now),
    isPassing: true,
  });
}

function unreadable({ host }: URL): RegistryError {
  return new RegistryError("UNAVAILABLE", `what ${host} sent is no list of images; try again`);
}
