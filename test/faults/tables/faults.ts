import type { Place } from "./places.ts";

/** Faults that come to the same, as far as the contract tells them apart. */
export type FaultKind =
  /** No connection, or none that lasts until the first byte. */
  | "unreachable"
  /** As `unreachable`, but only the first time. */
  | "unreachable once"
  /** No first byte. */
  | "silent"
  /** The body breaks off with an error of the connection. */
  | "cut"
  /** The body stops and stays open. */
  | "stuck"
  /** The body comes in twenty pieces, one a second. */
  | "slow"
  /** The body ends cleanly before its length. */
  | "truncated"
  /** The length is one too many, of all of the body. */
  | "told more"
  /** The length is one too few, and that much is sent. */
  | "told less"
  /** The length is right, a byte is not. */
  | "changed"
  /** 200 with something else, and none of the headers. */
  | "page"
  /** A redirect that must not be followed, or leads nowhere. */
  | "astray"
  | "status"
  /** A storage that answers 403 the first time. */
  | "expired once"
  | "limited"
  | "failing"
  /** Another `Content-Type`. */
  | "mislabelled"
  /** `Content-Encoding: gzip`, which the runtime undoes unless the bytes are asked for raw. */
  | "encoded";

export interface Fault {
  readonly name: string;
  readonly kind: FaultKind;
  /** Of the answer, where the fault is one. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What a client is told to wait, in seconds; null unless it is told to. */
  readonly retryAfter?: number;
  /** Where alone it makes sense; everywhere unless said. */
  readonly place?: Place;
}

/** The same again, wherever that is. */
const LOOP = { location: "?again" };
const LIMITED = { kind: "limited", status: 429, body: "slow down" } as const;
const XML = { "content-type": "application/xml" };

/** All that goes wrong upstream. */
export const FAULTS: readonly Fault[] = [
  // workerd has one error for both, and so has Cloudflare: "Network connection lost."
  { name: "refused, or reset before the answer", kind: "unreachable" },
  { name: "reset before the answer, once", kind: "unreachable once" },
  { name: "reset in the middle of the body", kind: "cut" },
  { name: "hang before the headers", kind: "silent" },
  { name: "hang in the middle of the body", kind: "stuck" },
  { name: "slow drip", kind: "slow" },
  { name: "truncated body, ended cleanly", kind: "truncated" },
  { name: "length one too large", kind: "told more" },
  { name: "length one too small", kind: "told less" },
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
  { name: "redirect loop", kind: "astray", status: 307, headers: LOOP },
  {
    name: "redirect to http",
    kind: "astray",
    status: 302,
    headers: { location: "http://production.cloudfront.docker.com/?Signature=secret" },
  },
  { name: "redirect without Location", kind: "astray", status: 308 },
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
  { name: "429", ...LIMITED, retryAfter: 10 },
  {
    name: "429 with Retry-After: 7",
    ...LIMITED,
    headers: { "retry-after": "7" },
    retryAfter: 7,
  },
  {
    name: "429 with Retry-After: 3600",
    ...LIMITED,
    headers: { "retry-after": "3600" },
    retryAfter: 60,
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
