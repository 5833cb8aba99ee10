import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parse } from "smol-toml";
import { createProcessMeter, type ProcessMeter } from "./workerd.ts";

/**
 * A Worker in a workerd process without Miniflare. Its KV and its edge cache are in the process of
 * the benchmark, as they are elsewhere on the platform: the CPU of workerd is that of the Worker.
 */
export interface LoneWorker {
  readonly origin: string;
  readonly process: ProcessMeter;
  close(): Promise<void>;
}

const ROOT = join(import.meta.dirname, "..");
const TEMPORARY = join(tmpdir(), "sampan-bench-");
/** workerd reports its port on this file descriptor. */
const CONTROL_FD = 3;

/** @param code one ES module. */
export async function startLoneWorker(
  code: string,
  vars: Readonly<Record<string, string>>,
): Promise<LoneWorker> {
  await using resources = new AsyncDisposableStack();
  const kv = await serveStore(answerKv);
  resources.defer(kv.close);
  const cache = await serveStore(answerCache);
  resources.defer(cache.close);
  const home = await mkdtemp(TEMPORARY);
  resources.defer(() => rm(home, { recursive: true, force: true }));
  await writeFile(join(home, "worker.js"), code);
  const config = await createConfig(vars, kv.address, cache.address);
  await writeFile(join(home, "config.capnp"), config);
  const child = spawn(
    findWorkerd(),
    ["serve", "config.capnp", `--control-fd=${CONTROL_FD}`],
    // Nobody reads what the Worker logs.
    { cwd: home, stdio: ["ignore", "ignore", "pipe", "pipe"] },
  );
  resources.defer(() => stop(child));
  const origin = `http://127.0.0.1:${await readPort(child)}`;
  const open = resources.move();
  return {
    origin,
    process: createProcessMeter(child.pid ?? 0),
    close: () => open.disposeAsync(),
  };
}

async function createConfig(
  vars: Readonly<Record<string, string>>,
  kv: string,
  cache: string,
): Promise<string> {
  const settings = parse(await readFile(join(ROOT, "wrangler.toml"), "utf8"));
  const flags = (settings.compatibility_flags ?? []) as string[];
  const texts = Object.entries(vars).map(
    ([name, value]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(value)})`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = ${JSON.stringify(settings.compatibility_date)},
      compatibilityFlags = ${JSON.stringify(flags)},
      bindings = [${[...texts, '(name = "CACHE", kvNamespace = "kv")'].join(", ")}],
      cacheApiOutbound = "cache",
      globalOutbound = "network",
    )),
    (name = "kv", external = (address = "${kv}", http = ())),
    (name = "cache", external = (address = "${cache}", http = ())),
    (name = "network", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);
`;
}

function findWorkerd(): string {
  const miniflare = createRequire(import.meta.url).resolve("miniflare");
  return createRequire(miniflare)("workerd").default;
}

/** @throws Error with the messages of workerd if it does not start. */
async function readPort(child: ChildProcess): Promise<number> {
  const messages = text(child.stderr as NodeJS.ReadableStream);
  for await (const line of child.stdio[CONTROL_FD] as NodeJS.ReadableStream) {
    const [, port] = /"port":\s*(\d+)/.exec(String(line)) ?? [];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`workerd did not start: ${await messages}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** A stored value and the headers to return it with. */
interface Stored {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Stores what a PUT creates, returns it for GET, and deletes it for DELETE or PURGE. */
interface StoreRules {
  readonly missingStatus: number;
  toStored(request: IncomingMessage, body: Buffer): Stored;
}

const METADATA = "cf-kv-metadata";

/** KV as workerd's binding uses it. Nothing expires. */
const answerKv: StoreRules = {
  missingStatus: 404,
  toStored({ headers }, body) {
    const metadata = headers[METADATA];
    return { body, headers: metadata === undefined ? {} : { [METADATA]: String(metadata) } };
  },
};

const HEAD_END = "\r\n\r\n";

/** The Cache API as workerd uses it: the body of a PUT is a response in HTTP/1.1. */
const answerCache: StoreRules = {
  missingStatus: 504,
  toStored(_, body) {
    const end = body.indexOf(HEAD_END);
    const [, ...lines] = body.toString("latin1", 0, end).split("\r\n");
    const headers = lines.map((line): [string, string] => {
      const separator = line.indexOf(":");
      return [line.slice(0, separator).toLowerCase(), line.slice(separator + 1).trim()];
    });
    return {
      body: body.subarray(end + HEAD_END.length),
      headers: { ...Object.fromEntries(headers), "cf-cache-status": "HIT" },
    };
  },
};

async function serveStore({ missingStatus, toStored }: StoreRules) {
  const values = new Map<string, Stored>();
  const server = createServer(async (request, response) => {
    const key = new URL(request.url ?? "/", "http://store").pathname;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.method === "GET") return reply(response, values.get(key), missingStatus);
    if (request.method === "PUT") values.set(key, toStored(request, Buffer.concat(chunks)));
    else values.delete(key);
    response.writeHead(200).end();
  });
  server.keepAliveTimeout = 0;
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function reply(response: ServerResponse, found: Stored | undefined, missingStatus: number): void {
  if (found === undefined) {
    response.writeHead(missingStatus, { "content-length": 0 }).end();
    return;
  }
  const length = { "content-length": found.body.length };
  response.writeHead(200, { ...found.headers, ...length }).end(found.body);
}
