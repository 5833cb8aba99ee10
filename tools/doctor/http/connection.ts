import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";

/** The step of a request that failed. */
export type Stage = "dns" | "tcp" | "tls" | "request" | "body";

/** There was no response, or only a part of it. */
export class ConnectionError extends Error {
  readonly stage: Stage;
  /** From Node or OpenSSL, e.g. `ECONNREFUSED`; `TIMEOUT` for a timeout. */
  readonly code: string;
  /** The response of which only a part arrived; null before the body. */
  readonly part: Part | null;

  constructor(stage: Stage, cause: unknown, part: Part | null = null) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "ConnectionError";
    this.stage = stage;
    this.code = codeOf(cause);
    this.part = part;
  }
}

/** How far a response arrived. */
export interface Part {
  /** Bytes. */
  readonly received: number;
  readonly headers: Headers;
}

/**
 * Opens a connection step by step, so that each step is timed.
 *
 * @param timeoutMs for each step.
 * @param ca certificates to trust in addition to the usual ones, in PEM.
 * @throws ConnectionError
 */
export async function openConnection(url: URL, timeoutMs: number, ca: string | undefined) {
  const host = url.hostname.replace(/^\[|\]$/g, "");
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
    /** The one that is connected. */
    address: socket.remoteAddress ?? "",
    dnsMs: resolved - start,
    tcpMs: connected - resolved,
  };
  if (url.protocol === "http:") return { ...base, socket, tls: null };
  const secured = connectTls({
    socket,
    host,
    ...(isIP(host) ? {} : { servername: host }),
    ...(ca === undefined ? {} : { ca }),
    // As Go's clients do.
    ALPNProtocols: ["h2", "http/1.1"],
  });
  await inStage("tls", once(secured, "secureConnect"), timeoutMs, () => secured.destroy());
  const tls = { ...describe(secured), ms: performance.now() - connected };
  return { ...base, socket: secured, tls };
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

function describe(tls: TLSSocket) {
  const { issuer, valid_to } = tls.getPeerCertificate();
  return {
    /** E.g. `TLSv1.3`. */
    version: tls.getProtocol() ?? "",
    /** `h2` or `http/1.1`. */
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
