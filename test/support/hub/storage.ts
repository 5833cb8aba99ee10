import type { Bytes } from "../image.ts";
import { bodyResponse } from "./responses.ts";

/** Blob storage behind signed URLs, as S3 or a CDN before it. */
export interface Storage {
  /** A URL that answers `method` for one blob, for a while. */
  sign(method: string, digest: string, bytes: Bytes): string;
  answer(request: Request): Response;
}

interface Signed {
  readonly method: string;
  readonly path: string;
  readonly bytes: Bytes;
  readonly expiresAt: number;
}

/**
 * Storage whose signatures are bound to method, path and time.
 *
 * @param options `origin` may have a path behind it.
 */
export function createStorage(options: {
  origin: string;
  urlSeconds: number;
  now: () => number;
}): Storage {
  const signatures = new Map<string, Signed>();
  return {
    sign(method, digest, bytes) {
      const hex = digest.slice(digest.indexOf(":") + 1);
      const path = `/registry-v2/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`;
      const signature = `${crypto.randomUUID()}~${signatures.size}`;
      const expiresAt = options.now() + options.urlSeconds * 1000;
      const url = new URL(options.origin + path);
      signatures.set(signature, { method, path: url.pathname, bytes, expiresAt });
      const expires = Math.floor(expiresAt / 1000);
      return `${url}?Expires=${expires}&Signature=${signature}&Key-Pair-Id=STANDIN`;
    },
    answer(request) {
      const { method } = request;
      if (request.headers.has("authorization")) {
        return xmlError(method, 400, "InvalidArgument", "Only one auth mechanism allowed");
      }
      const url = new URL(request.url);
      const signed = signatures.get(url.searchParams.get("Signature") ?? "");
      if (signed === undefined || signed.method !== method || signed.path !== url.pathname) {
        return xmlError(method, 403, "SignatureDoesNotMatch", "The signature does not match.");
      }
      if (signed.expiresAt <= options.now()) {
        return xmlError(method, 403, "AccessDenied", "Request has expired");
      }
      return blob(method, request.headers.get("range"), signed.bytes);
    },
  };
}

function blob(method: string, rangeHeader: string | null, bytes: Bytes): Response {
  const headers = {
    "content-type": "application/octet-stream",
    "accept-ranges": "bytes",
    etag: '"d41d8cd98f00b204e9800998ecf8427e-1"',
    "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT",
    "cache-control": "max-age=1209600",
  };
  const range = readRange(rangeHeader, bytes.length);
  if (range.kind === "whole") return bodyResponse(method, 200, bytes, headers);
  if (range.kind === "unsatisfiable") {
    const unsatisfiable = { "content-range": `bytes */${bytes.length}` };
    return xmlError(method, 416, "InvalidRange", "Not satisfiable", unsatisfiable);
  }
  return bodyResponse(method, 206, bytes.slice(range.start, range.end + 1), {
    ...headers,
    "content-range": `bytes ${range.start}-${range.end}/${bytes.length}`,
  });
}

function xmlError(
  method: string,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Response {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return bodyResponse(method, status, body, { "content-type": "application/xml", ...headers });
}

/** What a `Range` header means for a body of `length` bytes. */
type RangeAnswer =
  | { readonly kind: "whole" }
  | { readonly kind: "slice"; readonly start: number; readonly end: number }
  | { readonly kind: "unsatisfiable" };

/** Reads one byte range; like S3, several ranges or nonsense give the whole. `end` is inclusive. */
function readRange(header: string | null, length: number): RangeAnswer {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (match === null || (first === "" && last === "")) return { kind: "whole" };
  const start = first === "" ? Math.max(0, length - Number(last)) : Number(first);
  const end = first === "" || last === "" ? length - 1 : Math.min(Number(last), length - 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return { kind: "whole" };
  if (start > end) return { kind: "unsatisfiable" };
  return { kind: "slice", start, end };
}
