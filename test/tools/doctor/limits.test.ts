import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { parseTarget } from "../../../tools/doctor/arguments.ts";
import type { Finding } from "../../../tools/doctor/check.ts";
import { tls } from "../../../tools/doctor/checks/connection.ts";
import { createClient } from "../../../tools/doctor/http/client.ts";
import { runChecks } from "../../../tools/doctor/run.ts";
import type { Session } from "../../../tools/doctor/session.ts";
import { examineWith } from "./support/examine.ts";

const MIB = 1024 * 1024;

/** Answers every request alike, and records the paths. */
async function serve(headers: Record<string, string>, body: Uint8Array, status = 200) {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? "");
    response.writeHead(status, headers).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths };
}

test.each([
  [16, /another software|200, but not from a registry/],
  [17, /a compressed response has more than 16 MiB/],
])("a response that decompresses to %i MiB is read to 16 MiB at most", async (mebibytes, text) => {
  const body = gzipSync(Buffer.alloc(mebibytes * MIB, " "));
  const { origin } = await serve({ "content-encoding": "gzip" }, body);

  const { notOk } = await examineWith([origin]);

  expect(notOk.ping).toMatch(text);
});

test("a response without an end is read as far as it is needed", async () => {
  const server = createServer(
    (_, response) => void response.writeHead(200).write("a".repeat(1500)),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const timeouts = { connectMs: 5000, firstByteMs: 5000, stallMs: 1000 };
  const client = createClient({ origin, timeouts });
  onTestFinished(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });

  const request = { method: "GET", url: origin, headers: {}, body: null, maxBytes: 1000 } as const;
  const { bytes, received } = await client.send(request);

  expect([bytes.byteLength, received]).toEqual([1000, 1000]);
});

test("control and format characters of a response are escaped in the report", async () => {
  const title = "<html><title>My \u009b31m\u202efiles\u200b</title></html>";
  const { origin } = await serve({ "content-type": "text/html" }, Buffer.from(title));

  const { notOk } = await examineWith([origin]);

  expect(notOk.ping).toContain("\\u009b31m\\u202efiles\\u200b");
  expect(JSON.stringify(notOk)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

/** Runs the check of the connection, and a check after it, for a mirror over plain http. */
async function checksOverHttp(address: string, user: Session["user"]) {
  const sent: string[] = [];
  const session = {
    target: parseTarget(address),
    user,
    client: { connection: async () => ({ tls: null }) },
    now: Date.now,
  } as unknown as Session;
  const next = {
    name: "ping",
    async run(): Promise<Finding | null> {
      sent.push("ping");
      return null;
    },
  };
  return { ...(await runChecks([tls, next], session)), sent };
}

test.each<[string, Session["user"]]>([
  ["http://mirror.example.com/0123456789abcdef", null],
  ["http://mirror.example.com", { name: "alice", token: "t0ken" }],
])("no secret is sent over plain http: %s", async (address, user) => {
  const { results, notChecked, sent } = await checksOverHttp(address, user);

  expect(results).toMatchObject([{ check: "tls", level: "failure" }]);
  expect(results[0]?.evidence).toContain("the secret was not sent");
  expect([notChecked, sent]).toEqual([["ping"], []]);
});

test("without a secret, plain http is a warning, and the checks go on", async () => {
  const { results, sent } = await checksOverHttp("http://mirror.example.com", null);

  expect(results).toMatchObject([{ check: "tls", level: "warning" }]);
  expect(sent).toEqual(["ping"]);
});
