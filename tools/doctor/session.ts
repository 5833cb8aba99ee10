import { type AuthScheme, parseAuthScheme } from "../../src/protocol/challenge.ts";
import { parseJsonObject } from "../../src/protocol/json.ts";
import type { Arguments } from "./arguments.ts";
import { UnexpectedReply } from "./check.ts";
import { type Client, type HttpRequest, type Reply, textOf } from "./http/client.ts";
import { ACCEPT_ALL, createSamples, once } from "./samples.ts";

/** A mirror and the ways to query it. Every promise may reject with ConnectionError. */
export type Session = ReturnType<typeof createSession>;

/** How one request differs from a plain GET. */
export type RequestOptions = Partial<Omit<HttpRequest, "url">>;

export type SendRequest = (path: string, options?: RequestOptions) => Promise<Reply>;

/** HEAD of a manifest: by default of the image, in any type. */
export type SendHead = (
  reference: string,
  options?: { readonly name?: string; readonly query?: string; readonly accept?: string },
) => Promise<Reply>;

/** All requests so far. */
export interface Tally {
  requests: number;
  bytes: number;
  /** Manifests that did not come from the mirror's cache: each may count as a pull. */
  pulls: number;
}

/** Beyond these a mirror is reported as slow. */
export interface Limits {
  readonly firstByteMs: number;
  /** For a layer. */
  readonly bytesPerSecond: number;
}

export interface SessionOptions {
  readonly client: Client;
  readonly limits: Limits;
  /** Milliseconds since 1970. */
  now(): number;
  pause(ms: number): Promise<void>;
}

/** Enough to recognise a page that answers in place of the mirror. */
const DEFAULT_MAX_BYTES = 256 * 1024;
const HEADERS = {
  "user-agent": "sampan-doctor",
  // Go's clients send this by default, so a proxy that compresses shows here as well.
  "accept-encoding": "gzip",
};

export function createSession(given: Arguments, options: SessionOptions) {
  const { target } = given;
  const { client, now } = options;
  const tally: Tally = { requests: 0, bytes: 0, pulls: 0 };
  const base = target.secret === null ? "" : `/${target.secret}`;

  /** Sends a request to the mirror's origin, without path secret and login. */
  async function requestBare(path: string, options: RequestOptions = {}): Promise<Reply> {
    const reply = await client.send({
      ...{ method: "GET", body: null, maxBytes: DEFAULT_MAX_BYTES, ...options },
      url: new URL(path, target.origin),
      headers: { ...HEADERS, ...options.headers },
    });
    count(tally, reply);
    return reply;
  }

  /** GET `/v2/` without a login, as clients start. Requested once. */
  const ping = once(async () => {
    const sentAt = now();
    return { ...(await requestBare(`${base}/v2/`)), sentAt };
  });

  const login = createLogin(given, ping, requestBare);

  /** Sends a request below the mirror's address, with path secret and the login it requires. */
  async function request(path: string, options: RequestOptions = {}): Promise<Reply> {
    const authorization = await login.authorization();
    const credentials = authorization === null ? {} : { authorization };
    const headers = { ...credentials, ...options.headers };
    return requestBare(`${base}${path}`, { ...options, headers });
  }

  /**
   * HEAD of a manifest of the image, which costs no pull. If it fails, the reply is that of a GET:
   * only its body has the error message.
   */
  async function head(
    reference: string,
    { name = given.image.name, query = "", accept = ACCEPT_ALL.accept } = {},
  ): Promise<Reply> {
    const path = `/v2/${name}/manifests/${reference}${query}`;
    const reply = await request(path, { method: "HEAD", headers: { accept } });
    if (reply.status < 400) return reply;
    const explained = await request(path, { headers: { accept } });
    return explained.status === 200 ? reply : explained;
  }

  const samples = createSamples(given.image, request, head);
  return { ...given, ...options, ...login, ...samples, ping, request, requestBare, head, tally };
}

/** @returns whether the mirror answered without asking its upstream (RFC 9211). */
export function isHit(headers: Headers): boolean {
  return /\bsampan\s*;\s*hit\b/.test(headers.get("cache-status") ?? "");
}

/** @returns the token in the response of a token service, or null. */
export function tokenIn(reply: Reply | null): string | null {
  const json = reply?.status === 200 ? parseJsonObject(textOf(reply)) : null;
  const token = json?.token ?? json?.access_token;
  return typeof token === "string" && token !== "" ? token : null;
}

/** How the mirror authenticates its clients. */
function createLogin(
  { image, target, user }: Arguments,
  ping: () => Promise<Reply>,
  send: SendRequest,
) {
  const basic = user && `Basic ${Buffer.from(`${user.name}:${user.token}`).toString("base64")}`;
  const scope = `repository:${image.name}:pull`;

  const scheme = once(async (): Promise<AuthScheme> => {
    const { status, headers } = await ping();
    return status === 401 ? parseAuthScheme(headers.get("www-authenticate")) : { kind: "open" };
  });

  /** The mirror's own token service, or null: a login is never sent to another host. */
  async function tokenService(): Promise<URL | null> {
    const challenge = await scheme();
    const url = challenge.kind === "bearer" ? URL.parse(challenge.realm) : null;
    if (challenge.kind !== "bearer" || url?.origin !== target.origin.origin) return null;
    if (challenge.service !== null) url.searchParams.set("service", challenge.service);
    return url;
  }

  async function requestToken(account: string | null): Promise<Reply | null> {
    const url = await tokenService();
    if (url === null) return null;
    url.searchParams.append("scope", scope);
    const headers = account === null ? {} : { authorization: account };
    return send(`${url.pathname}${url.search}`, { headers });
  }

  const anonymousToken = once(() => requestToken(null));

  /** The header to send; null if none is required or available. @throws UnexpectedReply */
  const authorization = once(async (): Promise<string | null> => {
    if ((await scheme()).kind === "basic") return basic;
    const reply = await (basic === null ? anonymousToken() : requestToken(basic));
    const token = tokenIn(reply);
    if (reply !== null && token === null) throw new UnexpectedReply(reply);
    return token && `Bearer ${token}`;
  });

  /** The same without an account; null if the mirror issues no tokens to anonymous clients. */
  async function anonymousAuthorization(): Promise<string | null> {
    const token = tokenIn(await anonymousToken());
    return token && `Bearer ${token}`;
  }

  /** A token by POST, as containerd requests it; null without an account or a token service. */
  async function tokenByPost(): Promise<Reply | null> {
    const url = await tokenService();
    if (url === null || user === null) return null;
    const service = url.searchParams.get("service") ?? "";
    const form = { grant_type: "password", service, client_id: "sampan-doctor", scope };
    const body = new URLSearchParams({ ...form, username: user.name, password: user.token });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return send(url.pathname, { method: "POST", body: body.toString(), headers });
  }

  return { scheme, authorization, anonymousAuthorization, tokenByPost };
}

function count(tally: Tally, { method, url, status, headers, received }: Reply): void {
  tally.requests += 1;
  tally.bytes += received;
  const isManifest = method === "GET" && status === 200 && url.pathname.includes("/manifests/");
  if (isManifest && !isHit(headers)) tally.pulls += 1;
}
