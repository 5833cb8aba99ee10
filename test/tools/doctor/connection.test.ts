import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Certificate, createCertificate } from "./support/certificate.ts";
import { examineWith } from "./support/examine.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** A machine that is busy takes its time even on loopback; each test bounds what never comes. */
const PATIENT = { connectMs: 5000, firstByteMs: 5000, bodyMs: 5000 };

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

/** A registry's `/v2/`, over TLS. */
async function secureOrigin({ cert, key }: Certificate): Promise<string> {
  const server = createHttpsServer({ cert, key }, (_, outgoing) => {
    outgoing.setHeader("docker-distribution-api-version", "registry/2.0");
    outgoing.end("{}");
  });
  return `https://localhost:${await portOf(server)}`;
}

describe("what keeps a connection from being made is told apart:", () => {
  test("a name without an address", async () => {
    const { notOk, of, notChecked } = await examineWith(["https://mirror.invalid"], {
      bounds: PATIENT,
    });

    expect(notOk).toEqual(["connection"]);
    expect(of("connection").evidence).toMatch(
      /^mirror\.invalid has no address \((?:ENOTFOUND|EAI_AGAIN)\)/,
    );
    expect(of("connection").remedy).toMatch(/routes in wrangler\.toml/);
    expect(notChecked).toContain("ping");
  });

  test("nothing that listens", async () => {
    const server = createServer();
    const port = await portOf(server);
    server.close();
    await once(server, "close");

    const { notOk, of } = await examineWith([`http://localhost:${port}`]);

    expect(notOk).toEqual(["connection"]);
    expect(of("connection").evidence).toBe(`nothing listens at localhost:${port} (ECONNREFUSED)`);
    expect(of("connection").remedy).toMatch(/npm start/);
  });

  test("a handshake that is broken off, as firewalls do", async () => {
    const port = await portOf(
      createServer((socket) => socket.once("data", () => socket.destroy())),
    );

    const { notOk, of } = await examineWith([`https://localhost:${port}`]);

    expect(notOk).toEqual(["connection"]);
    expect(of("connection").evidence).toMatch(
      /^the connection breaks off during the TLS handshake \(ECONNRESET\)/,
    );
    expect(of("connection").remedy).toMatch(/firewalls do by host name/);
  });

  test("a handshake without an end", async () => {
    const port = await portOf(createServer(() => {}));

    const { of } = await examineWith([`https://localhost:${port}`], {
      // The TCP connection has the same bound.
      bounds: { ...PATIENT, connectMs: 2000 },
    });

    expect(of("connection").evidence).toMatch(/TLS handshake \(TIMEOUT, nothing within 2 s\)/);
  });

  test("a server without TLS", async () => {
    const port = await portOf(createHttpServer((_, outgoing) => outgoing.end()));

    const { of } = await examineWith([`https://localhost:${port}`]);

    expect(of("connection").evidence).toMatch(/^the server does not speak TLS/);
    expect(of("connection").remedy).toMatch(/check the port/);
  });

  test("a server without a certificate for the name", async () => {
    const server = createHttpsServer({ SNICallback: (_, done) => done(null, undefined) });
    const port = await portOf(server);

    const { of } = await examineWith([`https://localhost:${port}`]);

    expect(of("connection").evidence).toMatch(/^the server has no certificate for this host name/);
    expect(of("connection").remedy).toMatch(/two levels below the zone/);
  });

  test.each([
    [
      "a certificate that nobody trusts",
      {},
      false,
      /^the certificate is signed by nobody/,
      /NODE_EXTRA_CA_CERTS/,
    ],
    [
      "a certificate that has expired",
      { validTo: new Date(Date.now() - DAY_MS / 2) },
      true,
      /^the certificate has expired/,
      /clock/,
    ],
    [
      "a certificate of the future",
      { validFrom: new Date(Date.now() + DAY_MS) },
      true,
      /^the certificate is not valid yet/,
      /probably behind/,
    ],
    [
      "a certificate for another host",
      { hostname: "other.example.com" },
      true,
      /^the certificate is for another host/,
      /another resolver/,
    ],
  ])("%s", async (_, options, isTrusted, evidence, remedy) => {
    const certificate = createCertificate({ hostname: "localhost", ...options });
    const ca = isTrusted ? certificate.cert : undefined;

    const { notOk, of } = await examineWith([await secureOrigin(certificate)], { ca });

    expect(notOk).toEqual(["connection"]);
    expect(of("connection").evidence).toMatch(evidence);
    expect(of("connection").remedy).toMatch(remedy);
  });
});

describe("what breaks an answer is told apart:", () => {
  test("no answer at all", async () => {
    const port = await portOf(createHttpServer(() => {}));

    const { notOk, of } = await examineWith([`http://localhost:${port}`], {
      bounds: { ...PATIENT, firstByteMs: 300 },
    });

    expect(notOk).toEqual(["ping"]);
    expect(of("ping").evidence).toMatch(
      /^the mirror takes the request and does not answer \(TIMEOUT/,
    );
    expect(of("ping").remedy).toMatch(/UPSTREAM_TIMEOUT_SECONDS/);
  });

  test("a connection that breaks off before it", async () => {
    const port = await portOf(
      createServer((socket) => socket.once("data", () => socket.destroy())),
    );

    const { of } = await examineWith([`http://localhost:${port}`]);

    expect(of("ping").evidence).toMatch(/^the connection breaks off before an answer/);
  });

  test("something that speaks another protocol", async () => {
    const port = await portOf(
      createServer((socket) => socket.once("data", () => socket.end("220 smtp ready\r\n"))),
    );

    const { of } = await examineWith([`http://localhost:${port}`]);

    expect(of("ping").evidence).toMatch(/^what answers does not speak HTTP \(HPE_/);
    expect(of("ping").remedy).toBe("check the port");
  });

  test.each([
    ["cut short", (socket: Socket) => socket.destroySoon()],
    ["standing still", () => {}],
  ])("an answer %s", async (_, end) => {
    const server = createServer((socket) =>
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
        end(socket);
      }),
    );

    const { of } = await examineWith([`http://localhost:${await portOf(server)}`], {
      bounds: { ...PATIENT, bodyMs: 300 },
    });

    expect(of("ping").evidence).toMatch(/^the connection broke, or stood still, before the end/);
  });
});

describe("over TLS", () => {
  test("version, issuer and the certificate's days are told", async () => {
    const certificate = createCertificate({ hostname: "localhost" });

    const { of } = await examineWith([await secureOrigin(certificate)], { ca: certificate.cert });

    expect(of("connection").evidence).toMatch(/; DNS \d+ ms, TCP \d+ ms$/);
    expect(of("tls").evidence).toMatch(
      /^TLSv1\.3, HTTP\/1\.1, \d+ ms; certificate of Tests, 89 days left$/,
    );
    expect(of("ping").evidence).toMatch(/^200, no challenge/);
  });

  test("a certificate that ends soon is warned of", async () => {
    const validTo = new Date(Date.now() + 3.5 * DAY_MS);
    const certificate = createCertificate({ hostname: "localhost", validTo });

    const { of } = await examineWith([await secureOrigin(certificate)], { ca: certificate.cert });

    expect(of("tls")).toMatchObject({
      level: "warning",
      evidence: expect.stringMatching(/, 3 days left$/),
      remedy: expect.stringContaining("renewed"),
    });
  });

  test("HTTP/2 is spoken where it is offered, as Go's clients do, all along", async () => {
    const { cert, key } = createCertificate({ hostname: "localhost" });
    const asked: string[] = [];
    const server = createSecureServer({ cert, key, allowHTTP1: true }, (incoming, outgoing) => {
      asked.push(`${incoming.httpVersion} ${incoming.method} ${incoming.url}`);
      outgoing.setHeader("docker-distribution-api-version", "registry/2.0");
      outgoing.statusCode = incoming.url === "/v2/" ? 200 : 418;
      outgoing.end(incoming.url === "/v2/" ? "{}" : "short and stout");
    });
    const origin = `https://localhost:${await portOf(server)}`;

    const { of, notOk } = await examineWith([origin], { ca: cert });

    expect(of("tls").evidence).toMatch(/^TLSv1\.3, HTTP\/2, /);
    expect(notOk).toEqual(["identity"]);
    expect(of("identity").evidence).toMatch(/418 .*: short and stout$/);
    expect(asked).toEqual(["2.0 GET /v2/", "2.0 GET /v2/library/busybox/manifests/sha256:0"]);
  });

  test("an HTTP/2 connection that ends is opened anew", async () => {
    const { cert, key } = createCertificate({ hostname: "localhost" });
    let sessions = 0;
    const server = createSecureServer({ cert, key }, (incoming, outgoing) => {
      outgoing.setHeader("docker-distribution-api-version", "registry/2.0");
      outgoing.statusCode = incoming.url === "/v2/" ? 200 : 418;
      outgoing.end("{}");
      if (incoming.url === "/v2/") outgoing.stream.session?.close();
    });
    server.on("session", () => {
      sessions += 1;
    });
    const origin = `https://localhost:${await portOf(server)}`;

    const { of } = await examineWith([origin], { ca: cert });

    expect(of("identity").evidence).toContain("418");
    expect(sessions).toBe(2);
  });
});
