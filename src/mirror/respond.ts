import type { RegistryError } from "../protocol/errors.ts";

/** Bytes to send: none for HEAD and where the status has none. */
export type Body = Uint8Array | ReadableStream<Uint8Array> | string | null;
export type HeaderTable = Record<string, string>;

/** Everything with bytes or an exact length must reach the client as it is. */
export const IMMUTABLE = "public, max-age=31536000, immutable, no-transform";
export const REVALIDATE = "no-cache, no-transform";
const SECRET = "no-store, no-transform";

const API_VERSION = { "docker-distribution-api-version": "registry/2.0" } as const;

/** @returns the answer of a registry: just these headers, none of an upstream's. */
export function respond(body: Body, headers: HeaderTable, status = 200): Response {
  return new Response(body, { status, headers: { ...API_VERSION, ...headers } });
}

export interface JsonAnswer {
  readonly isHead: boolean;
  readonly contentType?: string;
  /** `Link` to the next page. */
  readonly link?: string | null;
  /** `OCI-Filters-Applied`. */
  readonly filtersApplied?: string | null;
  /** Whether no cache on the way may keep it. */
  readonly isSecret?: boolean;
}

/** @returns 200 with a JSON document that is asked for anew every time. */
export function respondJson(json: Uint8Array | string, options: JsonAnswer): Response {
  const bytes = typeof json === "string" ? new TextEncoder().encode(json) : json;
  const headers: HeaderTable = {
    "content-type": options.contentType ?? "application/json",
    "content-length": String(bytes.byteLength),
    "cache-control": options.isSecret ? SECRET : REVALIDATE,
  };
  if (options.link) headers.link = options.link;
  if (options.filtersApplied) headers["oci-filters-applied"] = options.filtersApplied;
  return respond(options.isHead ? null : bytes, headers);
}

/**
 * @param detail what was asked for, for people and programs.
 * @returns the error as a registry has it (OCI distribution-spec, "Error Codes").
 */
export function respondError(
  error: RegistryError,
  options: { readonly isHead: boolean; readonly detail: Readonly<Record<string, string>> },
): Response {
  const { code, message, status, retryAfterSeconds } = error;
  const json = JSON.stringify({ errors: [{ code, message, detail: options.detail }] });
  const bytes = new TextEncoder().encode(json);
  const headers: HeaderTable = {
    "content-type": "application/json",
    "content-length": String(bytes.byteLength),
    "cache-control": SECRET,
    ...error.headers,
  };
  if (retryAfterSeconds !== null) headers["retry-after"] = String(retryAfterSeconds);
  return respond(options.isHead ? null : bytes, headers, status);
}

/**
 * @param csp the policy for what is in the page.
 * @returns a page for people. It is for nobody else: it may hold a secret of theirs.
 */
export function respondPage(html: string, csp: string, isHead: boolean): Response {
  return new Response(isHead ? null : html, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": csp,
      "cache-control": "private, no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-robots-tag": "noindex",
      vary: "accept-language",
    },
  });
}

/** @returns a line of plain text, for people who come by with a browser. */
export function respondText(
  text: string,
  status: number,
  isHead: boolean,
  headers: HeaderTable = {},
): Response {
  return new Response(isHead ? null : `${text}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "x-robots-tag": "noindex", ...headers },
  });
}
