import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseTarget } from "../../../tools/doctor/arguments.ts";
import { diagnoseConnection } from "../../../tools/doctor/diagnosis/connection.ts";
import { ConnectionError, type Stage } from "../../../tools/doctor/http/connection.ts";
import { createCertificate } from "./support/certificate.ts";
import { examineWith, expectNotOk } from "./support/examine.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Long enough for a busy machine; each test shortens the one that it waits for. */
const PATIENT = { connectMs: 5000, firstByteMs: 5000, stallMs: 5000 };

/** Listens on a free loopback port until the test ends. */
async function portOf(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  server.listen(0, "localhost");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** A registry, as far as its `/v2/` shows. */
const answerPing: RequestListener = (incoming, outgoing) => {
  outgoing.setHeader("docker-distribution-api-version", "registry/2.0");
  outgoing.statusCode = incoming.url === "/v2/" ? 200 : 418;
  outgoing.end(incoming.url === "/v2/" ? "{}" : "short and stout");
};

/** A server that closes the connection at the first byte of a request. */
const closing = () => createServer((socket) => socket.once("data", () => socket.destroy()));

/** A server that answers the first request with this text, then calls `end`. */
const writing = (text: string, end: (socket: Socket) => void) =>
  createServer((socket) =>
    socket.once("data", () => {
      socket.write(text);
      end(socket);
    }),
  );
const PARTIAL = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{";

describe("without a connection, the report names", () => {
  test("a name without an address", async () => {
    const outcome = await examineWith(["https://mirror.invalid"], { timeouts: PATIENT });

    expectNotOk(outcome, {
      connection:
        /^failure: mirror\.invalid has no address \((?:ENOTFOUND|EAI_AGAIN)\) → .*new custom domain/,
    });
    expect(outcome.notChecked).toContain("ping");
  });

  test("a port at which nothing listens", async () => {
    const server = createServer();
    const port = await portOf(server);
    server.close();
    await once(server, "close");

    expectNotOk(await examineWith([`http://localhost:${port}`]), {
      connection: /^failure: nothing listens at localhost:\d+ \(ECONNREFUSED\) → .*npm start/,
    });
  });

  test.each<[string, () => Server, RegExp]>([
    [
      "a closed TLS handshake",
      closing,
      /^failure: the connection is closed during the TLS handshake \(ECONNRESET\).* → .*firewalls do by host name/,
    ],
    [
      "a TLS handshake that never ends",
      () => createServer(() => {}),
      /^failure: .*TLS handshake \(TIMEOUT, no response within 2 s\).* → .*firewalls do by host name/,
    ],
    [
      "a server without TLS",
      () => createHttpServer((_, outgoing) => outgoing.end()),
      /^failure: the server does not use TLS.* → .*check the port/,
    ],
    [
      "a server without a certificate for the name",
      () => createHttpsServer({ SNICallback: (_, done) => done(null, undefined) }),
      /^failure: the server has no certificate for this host name.* → .*two levels below the zone/,
    ],
  ])("%s", async (_, server, expected) => {
    const address = `https://localhost:${await portOf(server())}`;
    const timeouts = { ...PATIENT, connectMs: 2000 };

    expectNotOk(await examineWith([address], { timeouts }), { connection: expected });
  });

  test.each([
    [
      "an untrusted certificate",
      {},
      false,
      /^failure: the certificate is signed by an auth.* → .*CA_CERTS/,
    ],
    [
      "an expired certificate",
      { validTo: new Date(Date.now() - DAY_MS / 2) },
      true,
      /^failure: the certificate has expired.* → .*clock/,
    ],
    [
      "a future certificate",
      { validFrom: new Date(Date.now() + DAY_MS) },
      true,
      /^failure: the certificate is not valid yet.* → .*probably behind/,
    ],
    [
      "a certificate for another host",
      { hostname: "other.example.com" },
      true,
      /^failure: the certificate is for another host.* → .*another resolver/,
    ],
  ])("%s", async (_, options, isTrusted, expected) => {
    const { cert, key } = createCertificate({ hostname: "localhost", ...options });
    const port = await portOf(createHttpsServer({ cert, key }, answerPing));

    const ca = isTrusted ? cert : undefined;

    expectNotOk(await examineWith([`https://localhost:${port}`], { ca }), {
      connection: expected,
    });
  });
});

describe("without a complete response, the report names", () => {
  test.each<[string, () => Server, RegExp]>([
    [
      "a request that is never answered",
      () => createHttpServer(() => {}),
      /^failure: the mirror accepts the request and does not answer \(TIMEOUT, no response within 0.3 s\).* → .*UPSTREAM_TIMEOUT_SECONDS/,
    ],
    [
      "a connection that is closed before",
      closing,
      /^failure: the connection is closed before a response.* → .*another network/,
    ],
    [
      "another protocol",
      () => writing("220 smtp ready\r\n", (socket) => socket.end()),
      /^failure: the server does not speak HTTP \(HPE_.* → check the port$/,
    ],
    [
      "a response that is cut short",
      () => writing(PARTIAL, (socket) => socket.destroySoon()),
      /^failure: the connection was closed, or stalled, after 1 of 100 bytes.* → .*another network/,
    ],
    [
      "a response that stalls",
      () => writing(PARTIAL, () => {}),
      /^failure: the connection was closed, or stalled, after \d+ of 100 bytes \(TIMEOUT, no response within 0.3 s\).* → .*another network/,
    ],
  ])("%s", async (_, server, expected) => {
    const address = `http://localhost:${await portOf(server())}`;
    const timeouts = { ...PATIENT, firstByteMs: 300, stallMs: 300 };

    expectNotOk(await examineWith([address], { timeouts }), { ping: expected });
  });
});

describe("over TLS", () => {
  const { cert, key } = createCertificate({ hostname: "localhost" });

  test("the version, the issuer and the certificate's days are reported", async () => {
    const port = await portOf(createHttpsServer({ cert, key }, answerPing));

    const { ok } = await examineWith([`https://localhost:${port}`], { ca: cert });

    expect(ok.connection).toMatch(/; DNS \d+ ms, TCP \d+ ms$/);
    expect(ok.tls).toMatch(/^TLSv1\.3, HTTP\/1\.1, \d+ ms; certificate from Tests, 89 days left$/);
    expect(ok.ping).toMatch(/^200, no challenge/);
  });

  test("HTTP/2 is used where the server offers it, also after the connection is closed", async () => {
    const requests: string[] = [];
    let sessions = 0;
    const server = createSecureServer({ cert, key, allowHTTP1: true }, (incoming, outgoing) => {
      requests.push(`${incoming.httpVersion} ${incoming.method} ${incoming.url}`);
      outgoing.setHeader("docker-distribution-api-version", "registry/2.0");
      outgoing.statusCode = incoming.url === "/v2/" ? 200 : 418;
      outgoing.end(incoming.url === "/v2/" ? "{}" : "short and stout");
      if (incoming.url === "/v2/") outgoing.stream.session?.close();
    });
    server.on("session", () => {
      sessions += 1;
    });

    const address = `https://localhost:${await portOf(server)}`;
    const outcome = await examineWith([address], { ca: cert });

    expect(outcome.ok.tls).toMatch(/^TLSv1\.3, HTTP\/2, /);
    expectNotOk(outcome, { identity: /^failure: .*418 .*: short and stout → / });
    expect(requests).toEqual(["2.0 GET /v2/", "2.0 GET /v2/library/busybox/manifests/sha256:0"]);
    expect(sessions).toBe(2);
  });
});

describe("a workers.dev address without a connection may be blocked", () => {
  function diagnosed(stage: Stage, code: string, address: string) {
    const target = parseTarget(address);
    if (target === null) throw new Error(address);
    return diagnoseConnection(new ConnectionError(stage, { code }), target);
  }

  test.each<[Stage, string, boolean]>([
    ["dns", "ENOTFOUND", true],
    ["tcp", "TIMEOUT", true],
    ["tcp", "ECONNREFUSED", true],
    ["tls", "ECONNRESET", true],
    ["request", "ECONNRESET", false],
    ["body", "ECONNRESET", false],
  ])("%s %s: %s", (stage, code, isSuspected) => {
    const shared = diagnosed(stage, code, "https://sampan.you.workers.dev");
    const own = diagnosed(stage, code, "https://mirror.example.com");

    expect(shared.remedy.startsWith("some networks block workers.dev")).toBe(isSuspected);
    expect(own.remedy).not.toContain("workers.dev");
  });
});

test("several failed addresses are reported by their common cause", () => {
  const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });

  expect(new ConnectionError("tcp", new AggregateError([refused, refused])).code).toBe(
    "ECONNREFUSED",
  );
  expect(new ConnectionError("tcp", "no error at all").code).toBe("UNKNOWN");
});
