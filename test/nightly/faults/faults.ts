import type { HubRequest } from "../../support/hub.ts";

/**
 * A kind of upstream request. A `part` is a range of a blob; a `probe` is a range of its first byte.
 */
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

/** @returns the kind of a request that has reached the hub. */
export function callOf({ host, method, path, headers }: HubRequest): Call {
  if (host === "auth") return "token";
  const verb = method === "HEAD" ? "HEAD" : "GET";
  if (host === "registry") {
    const [, kind] = /\/(manifests|blobs|tags|referrers)\//.exec(path) ?? [];
    if (kind === "manifests") return `manifest ${verb}`;
    if (kind === "blobs") return `blob ${verb}`;
    return kind === "tags" || kind === "referrers" ? kind : "challenge";
  }
  const range = headers.get("range");
  if (verb === "HEAD" || range === null) return `storage ${verb}`;
  return range === "bytes=0-0" ? "storage probe" : "storage part";
}

const REGISTRY = [
  "manifest HEAD",
  "manifest GET",
  "blob HEAD",
  "blob GET",
  "tags",
  "referrers",
] as const;
const STORAGE = ["storage HEAD", "storage GET", "storage part", "storage probe"] as const;

/** Places where a fault strikes: all calls of these kinds, and no others. */
const PLACES = {
  "registry, challenge": ["challenge"],
  registry: REGISTRY,
  "registry, GET alone": ["manifest GET", "blob GET", "tags", "referrers"],
  "token service": ["token"],
  "blob storage": STORAGE,
  "every host": ["challenge", "token", ...REGISTRY, ...STORAGE],
} as const satisfies Record<string, readonly Call[]>;

export type Place = keyof typeof PLACES;

export const PLACE_NAMES = Object.keys(PLACES) as Place[];

/** @returns the kinds of calls that a fault at the place strikes. */
export function callsAt(place: Place): readonly Call[] {
  return PLACES[place];
}

/** @returns whether a fault at the place strikes the call. */
export function strikes(place: Place, call: Call): boolean {
  return callsAt(place).includes(call);
}

/** Faults that have the same effect, as far as the contract distinguishes them. */
export type FaultKind =
  /** No connection, or none that lasts until the first byte. */
  | "unreachable"
  /** As `unreachable`, but only the first time. */
  | "unreachable once"
  /** No first byte. */
  | "silent"
  /** The body breaks with an error of the connection. */
  | "cut"
  /** The body stops and stays open. */
  | "stuck"
  /** The body comes in twenty pieces, one a second. */
  | "slow"
  /** The body ends cleanly before its length. */
  | "truncated"
  /** As `truncated`, but only the first time. */
  | "truncated once"
  /** Content-Length is one too large; the body is complete. */
  | "length too large"
  /** Content-Length is one too small, and so is the body. */
  | "length too small"
  /** The length is right, a byte is not. */
  | "changed"
  /** 200 with other content, and none of the headers. */
  | "page"
  /** A redirect that must not be followed, or has no target. */
  | "redirect error"
  | "status"
  /** A storage that answers 403 the first time. */
  | "expired once"
  | "limited"
  | "failing"
  /** Another `Content-Type`. */
  | "mislabelled"
  /** `Content-Encoding: gzip`, which the runtime decodes unless the bytes are requested raw. */
  | "encoded";

export interface Fault {
  readonly name: string;
  readonly kind: FaultKind;
  /** Of the response, where the fault is one. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The only place where it makes sense; everywhere unless set. */
  readonly place?: Place;
}

/** The same URL, whichever it is. */
const LOOP = { location: "?again" };
const LIMITED = { kind: "limited", status: 429, body: "slow down" } as const;
const XML = { "content-type": "application/xml" };

/** Everything that goes wrong upstream. */
export const FAULTS: readonly Fault[] = [
  // workerd has one error for both, and so has Cloudflare: "Network connection lost."
  { name: "refused, or reset before the answer", kind: "unreachable" },
  { name: "reset before the answer, once", kind: "unreachable once" },
  { name: "reset in the middle of the body", kind: "cut" },
  { name: "hang before the headers", kind: "silent" },
  { name: "hang in the middle of the body", kind: "stuck" },
  { name: "slow drip", kind: "slow" },
  { name: "truncated body, ended cleanly", kind: "truncated" },
  {
    name: "truncated body, once",
    kind: "truncated once",
    place: "registry, GET alone",
  },
  { name: "truncated token, once", kind: "truncated once", place: "token service" },
  { name: "length one too large", kind: "length too large" },
  { name: "length one too small", kind: "length too small" },
  { name: "wrong digest", kind: "changed" },
  { name: "garbage", kind: "page", body: "\u0000\u0001\u{1f4a3}{]" },
  {
    name: "HTML with 200",
    kind: "page",
    headers: { "content-type": "text/html" },
    body: "<!doctype html><title>Log in to this network</title>",
  },
  {
    name: "error body with 200",
    kind: "page",
    headers: { "content-type": "application/json" },
    body: '{"errors":[{"code":"UNAUTHORIZED","message":"Bearer stand-in.secret"}]}',
  },
  { name: "nothing with 200", kind: "page", body: "" },
  { name: "redirect loop", kind: "redirect error", status: 307, headers: LOOP },
  {
    name: "redirect to http",
    kind: "redirect error",
    status: 302,
    headers: { location: "http://production.cloudfront.docker.com/?Signature=secret" },
  },
  { name: "redirect without Location", kind: "redirect error", status: 308 },
  { name: "304, unasked", kind: "status", status: 304 },
  { name: "400", kind: "status", status: 400 },
  { name: "401 without a challenge", kind: "status", status: 401 },
  {
    name: "401 with a challenge",
    kind: "status",
    status: 401,
    headers: {
      "www-authenticate":
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",error="invalid_token"',
    },
  },
  { name: "403", kind: "status", status: 403 },
  { name: "404", kind: "status", status: 404 },
  { name: "405", kind: "status", status: 405, headers: { allow: "POST" } },
  { name: "410", kind: "status", status: 410 },
  { name: "429", ...LIMITED },
  {
    name: "429 with Retry-After: 7",
    ...LIMITED,
    headers: { "retry-after": "7" },
  },
  {
    name: "429 with Retry-After: 3600",
    ...LIMITED,
    headers: { "retry-after": "3600" },
  },
  { name: "500", kind: "failing", status: 500 },
  { name: "502", kind: "failing", status: 502 },
  { name: "503", kind: "failing", status: 503, headers: { "retry-after": "120" } },
  {
    name: "expired signature",
    kind: "status",
    status: 403,
    headers: XML,
    body: "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
  },
  {
    name: "expired signature, once",
    kind: "expired once",
    status: 403,
    headers: XML,
    place: "blob storage",
  },
  { name: "wrong media type", kind: "mislabelled" },
  { name: "gzip, unasked", kind: "encoded" },
];

/** A fault at a place. */
export interface Case {
  readonly place: Place;
  readonly fault: Fault;
}

/** Every fault at every place where it makes sense. */
export const CASES: readonly Case[] = PLACE_NAMES.flatMap((place) =>
  FAULTS.filter((fault) => fault.place === undefined || fault.place === place).map((fault) => ({
    place,
    fault,
  })),
);
