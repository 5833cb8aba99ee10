import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";

/** A connection, opened step by step so that each step is timed. */
export interface Connection {
  readonly socket: Socket;
  /** All addresses of the host. */
  readonly addresses: readonly string[];
  /** The one that is connected. */
  readonly address: string;
  readonly dnsMs: number;
  readonly tcpMs: number;
  /** Null for plain HTTP. */
  readonly tls: Tls | null;
}

export interface Tls {
  readonly ms: number;
  /** E.g. `TLSv1.3`. */
  readonly version: string;
  /** `h2` or `http/1.1`. */
  readonly protocol: string;
  /** The organization that issued the certificate. */
  readonly issuer: string;
  readonly validTo: Date;
}

export interface ConnectOptions {
  /** For each step. */
  readonly timeoutMs: number;
  /** Certificates to trust in addition to the usual ones, in PEM. */
  readonly ca?: string | undefined;
}

/** The step of a request that failed. */
export type Stage = "dns" | "tcp" | "tls" | "request" | "body";

/** There was no response, or only a part of it. */
export class ConnectionError extends Error {
  readonly stage: Stage;
  /** From Node or OpenSSL, e.g. `ECONNREFUSED`; `TIMEOUT` for a timeout. */
  readonly code: string;

  constructor(stage: Stage, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "ConnectionError";
    this.stage = stage;
    this.code = codeOf(cause);
  }
}

/** @throws ConnectionError */
export async function openConnection(url: URL, options: ConnectOptions): Promise<Connection> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const { timeoutMs } = options;
  const start = performance.now();
  const found = await inStage("dns", lookup(host, { all: true }), timeoutMs);
  const resolved = performance.now();
  const socket = connectTcp({
    host,
    port: Number(url.port) || (url.protocol === "https:" ? 443 : 80),
    lookup: (_host, _options, done) => done(null, found),
  });
  await inStage("tcp", once(socket, "connect"), timeoutMs, () => socket.destroy());
  const connected = performance.now();
  const base = {
    addresses: found.map(({ address }) => address),
    address: socket.remoteAddress ?? "",
    dnsMs: resolved - start,
    tcpMs: connected - resolved,
  };
  if (url.protocol === "http:") return { ...base, socket, tls: null };
  const secured = await startTls(socket, host, options);
  return { ...base, socket: secured, tls: describe(secured, performance.now() - connected) };
}

/**
 * Waits for a step of a request.
 *
 * @param giveUp frees what a failed step leaves behind.
 * @throws ConnectionError of this stage if it fails or takes longer.
 */
export async function inStage<T>(
  stage: Stage,
  work: Promise<T>,
  timeoutMs: number,
  giveUp: () => void = () => {},
): Promise<T> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new Error(`no response within ${timeoutMs / 1000} s`);
    timeout.reject(Object.assign(error, { code: "TIMEOUT" }));
  }, timeoutMs);
  try {
    return await Promise.race([work, timeout.promise]);
  } catch (cause) {
    giveUp();
    throw new ConnectionError(stage, cause);
  } finally {
    clearTimeout(timer);
  }
}

/** Offers HTTP/2 and HTTP/1.1, as Go's clients do. */
async function startTls(
  socket: Socket,
  host: string,
  { ca, timeoutMs }: ConnectOptions,
): Promise<TLSSocket> {
  const tls = connectTls({
    socket,
    host,
    ...(isIP(host) ? {} : { servername: host }),
    ...(ca === undefined ? {} : { ca }),
    ALPNProtocols: ["h2", "http/1.1"],
  });
  await inStage("tls", once(tls, "secureConnect"), timeoutMs, () => tls.destroy());
  return tls;
}

function describe(tls: TLSSocket, ms: number): Tls {
  const { issuer, valid_to } = tls.getPeerCertificate();
  return {
    ms,
    version: tls.getProtocol() ?? "",
    protocol: tls.alpnProtocol || "http/1.1",
    issuer: [issuer?.O ?? issuer?.CN ?? "an unnamed issuer"].flat().join(", "),
    validTo: new Date(valid_to),
  };
}

function codeOf(cause: unknown): string {
  const { code, errors } = cause as { code?: unknown; errors?: unknown };
  if (typeof code === "string") return code;
  // One error for each address that was tried.
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : "UNKNOWN";
}
