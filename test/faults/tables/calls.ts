import type { HubRequest } from "../../support/hub.ts";

/** What a mirror asks of its upstream. A `part` is of a blob; a `probe` is of one byte of it. */
export type Call =
  | "challenge"
  | "token"
  | "manifest HEAD"
  | "manifest GET"
  | "blob HEAD"
  | "blob GET"
  | "tags"
  | "referrers"
  | "storage HEAD"
  | "storage GET"
  | "storage part"
  | "storage probe";

const OF_THE_REGISTRY = {
  manifests: { HEAD: "manifest HEAD", GET: "manifest GET" },
  blobs: { HEAD: "blob HEAD", GET: "blob GET" },
  tags: { HEAD: "tags", GET: "tags" },
  referrers: { HEAD: "referrers", GET: "referrers" },
} as const;

/** @returns which kind of call a request is that has reached the stand-in. */
export function callOf({ host, method, path, headers }: HubRequest): Call {
  if (host === "auth") return "token";
  const isHead = method === "HEAD";
  if (host === "registry") {
    const [, kind] = /\/(manifests|blobs|tags|referrers)\//.exec(path) ?? [];
    if (kind === undefined) return "challenge";
    return OF_THE_REGISTRY[kind as keyof typeof OF_THE_REGISTRY][isHead ? "HEAD" : "GET"];
  }
  if (isHead) return "storage HEAD";
  const range = headers.get("range");
  if (range === null) return "storage GET";
  return range === "bytes=0-0" ? "storage probe" : "storage part";
}
