import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { withDeadline } from "./deadline.ts";
import { type Stage, Unanswered } from "./reply.ts";

/** A connection as a client makes one, step by step. */
export interface Connection {
  readonly socket: Socket;
  readonly addresses: readonly string[];
  /** The one that answered. */
  readonly address: string;
  readonly dnsMs: number;
  readonly tcpMs: number;
  /** Null for plain HTTP. */
  readonly tls: Tls | null;
}

/** What the TLS handshake settled. */
export interface Tls {
  readonly ms: number;
  /** `TLSv1.3`. */
  readonly version: string;
  /** `h2` or `http/1.1`. */
  readonly protocol: string;
  /** Who issued the certificate. */
  readonly issuer: string;
  readonly validTo: Date;
}

export interface ConnectOptions {
  /** For each step. */
  readonly timeoutMs: number;
  /** Certificates to trust besides the usual ones, in PEM. */
  readonly ca?: string | undefined;
}

/** @throws Unanswered with the step that failed. */
export async function openConnection(url: URL, options: ConnectOptions): Promise<Connection> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const { timeoutMs } = options;
  const start = performance.now();
  const found = await step("dns", lookup(host, { all: true }), timeoutMs);
  const resolved = performance.now();
  const socket = connectTcp({
    host,
    port: Number(url.port) || (url.protocol === "https:" ? 443 : 80),
    lookup: (_host, _options, done) => done(null, found),
  });
  await step("tcp", once(socket, "connect"), timeoutMs, () => socket.destroy());
  const connected = performance.now();
  const base = {
    addresses: found.map(({ address }) => address),
    address: socket.remoteAddress ?? "",
    dnsMs: resolved - start,
    tcpMs: connected - resolved,
  };
  if (url.protocol === "http:") return { ...base, socket, tls: null };
  const secured = await secure(socket, host, options);
  return { ...base, socket: secured, tls: describe(secured, performance.now() - connected) };
}

/** Offers HTTP/2 as Go's clients do, and lets the server choose. */
async function secure(
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
  await step("tls", once(tls, "secureConnect"), timeoutMs, () => tls.destroy());
  return tls;
}

function describe(tls: TLSSocket, ms: number): Tls {
  const { issuer, valid_to } = tls.getPeerCertificate();
  const name = issuer?.O ?? issuer?.CN ?? "nobody in particular";
  return {
    ms,
    version: tls.getProtocol() ?? "",
    protocol: tls.alpnProtocol || "http/1.1",
    issuer: [name].flat().join(", "),
    validTo: new Date(valid_to),
  };
}

async function step<T>(
  stage: Stage,
  work: Promise<T>,
  timeoutMs: number,
  giveUp: () => void = () => {},
): Promise<T> {
  try {
    return await withDeadline(work, timeoutMs);
  } catch (cause) {
    giveUp();
    throw new Unanswered(stage, cause);
  }
}
