import { execFileSync } from "node:child_process";
import { sign } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createStorage, type Storage } from "../support/hub/storage.ts";
import type { Fault, Host, Hub, HubRequest } from "../support/hub.ts";
import type { Bytes, Image } from "../support/image.ts";
import { serveHub } from "../support/serve.ts";
import { here, startDaemon } from "./machine.ts";

/** docker-registry behind a token service, a storage with signed URLs and a rate limit. */
export interface Upstream extends Pick<Hub, "requests" | "leaks" | "count"> {
  readonly origin: string;
  push(repository: string, image: Image, tags: readonly string[]): Promise<void>;
  /** The address of the registry itself for a client that pushes, and a token for one repository. */
  writer(repository: string): { readonly host: string; readonly token: string };
  /** While `act` runs, the registry and its token service answer 429 to everything. */
  whileRefusing(act: () => Promise<void>): Promise<void>;
  /** While `act` runs, its hosts answer what `answer` returns, and as ever where that is null. */
  whileAnswering(answer: Answerer, act: () => Promise<void>): Promise<void>;
  /** A host is gone for so long; requests to it break meanwhile. */
  restart(host: Host, downMs: number): Promise<void>;
  close(): Promise<void>;
}

/** A response or a failure of the network in place of the usual response; null for the latter. */
export type Answerer = (request: HubRequest) => Response | Fault | null;

const SIGNED_URL_SECONDS = 60;
const TAGS_PER_PAGE = 2;

/**
 * Starts all of it on loopback, with its files in `directory`. The hosts, their request log and the
 * storage are the stand-in hub's; registry and token service answer in its place.
 */
export async function startUpstream(directory: string): Promise<Upstream> {
  const { hub, origins, close } = await serveHub();
  const tokens = createTokenService(directory);
  const realm = `${origins.auth}/token`;
  const registry = await startRegistry({ directory, realm, certificate: tokens.certificate });
  const urls = { origin: origins.storage, urlSeconds: SIGNED_URL_SECONDS, now: Date.now };
  const storage = createStorage(urls);
  const serveRegistry = createFront(registry, storage);
  const gone = new Set<Host>();
  let answerer: Answerer | null = null;
  hub.intercept(async (request) => {
    const { host, method, path, query, headers } = request;
    if (gone.has(host)) return "reset";
    const instead = answerer?.(request) ?? null;
    if (instead !== null) return instead;
    if (host === "storage") {
      return storage.answer(new Request(`${origins.storage}${path}?${query}`, { method, headers }));
    }
    return host === "auth" ? tokens.answer(request) : serveRegistry(request);
  });
  const mintWriter = (repository: string) => tokens.mint(repository, ["pull", "push"]);
  const whileAnswering: Upstream["whileAnswering"] = async (answer, act) => {
    answerer = answer;
    await act().finally(() => {
      answerer = null;
    });
  };
  return {
    ...{ requests: hub.requests, leaks: hub.leaks, count: hub.count, origin: origins.registry },
    whileAnswering,
    whileRefusing: (act) => whileAnswering(refuse, act),
    async restart(host, downMs) {
      if (host === "registry") return registry.restart(downMs);
      gone.add(host);
      await sleep(downMs);
      gone.delete(host);
    },
    push(repository, image, tags) {
      const token = mintWriter(repository);
      return push(`${registry.origin}/v2/${repository}`, token, image, tags);
    },
    writer(repository) {
      return { host: new URL(registry.origin).host, token: mintWriter(repository) };
    },
    close: async () => void (await Promise.all([close(), registry.stop()])),
  };
}

const PATH = /^\/v2\/(?<name>.+)\/(?<kind>manifests|blobs|tags)\/(?<reference>[^/]+)$/;

/**
 * Docker Hub's front of its registry: blobs are redirected to storage, and tags come in pages.
 * Everything else is docker-registry's own answer.
 */
function createFront(registry: Registry, storage: Storage) {
  const blobs = new Map<string, Bytes>();
  return async ({ method, path, query, headers }: HubRequest): Promise<Response> => {
    const { name = "", kind, reference = "" } = PATH.exec(path)?.groups ?? {};
    const passed = ["accept", "authorization"].flatMap((header) => {
      const value = headers.get(header);
      return value === null ? [] : [[header, value] as [string, string]];
    });
    const answer = await fetch(registry.origin + path, {
      method: kind === "blobs" ? "HEAD" : method,
      headers: passed,
    });
    if (answer.ok && kind === "blobs") {
      const bytes = blobs.get(reference) ?? (await registry.blob(reference));
      blobs.set(reference, bytes);
      const location = storage.sign(method, reference, bytes);
      return new Response(null, { status: 307, headers: { location, "content-length": "0" } });
    }
    if (answer.ok && kind === "tags") {
      const { tags } = (await answer.json()) as { tags: string[] | null };
      return pageOf(name, tags ?? [], query);
    }
    return new Response(answer.body, answer);
  };
}

/** A page of tags, with a `Link` to the next one. */
function pageOf(name: string, tags: readonly string[], query: URLSearchParams): Response {
  const size = Math.min(Number(query.get("n") ?? TAGS_PER_PAGE), TAGS_PER_PAGE);
  const rest = tags.toSorted().filter((tag) => tag > (query.get("last") ?? ""));
  const page = rest.slice(0, size);
  const next = `</v2/${name}/tags/list?last=${page.at(-1)}&n=${size}>; rel="next"`;
  return Response.json(
    { name, tags: page },
    { headers: rest.length > page.length ? { link: next } : {} },
  );
}

/** Docker Hub's answer to a client that has used up its pulls; the storage has no such limit. */
function refuse({ host, method }: HubRequest): Response | null {
  if (host === "storage") return null;
  const message = "You have reached your unauthenticated pull rate limit.";
  const body = JSON.stringify({ errors: [{ code: "TOOMANYREQUESTS", message, detail: null }] });
  const headers = { "content-type": "application/json", "retry-after": "1" };
  return new Response(method === "HEAD" ? null : body, { status: 429, headers });
}

/** The CNCF distribution registry as Debian packages it. */
interface Registry {
  readonly origin: string;
  /** A blob, read from disk. */
  blob(digest: string): Promise<Bytes>;
  /** Ends it, and starts it again at the same place after so many milliseconds. */
  restart(downMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it in `directory`; it trusts the tokens that `certificate` proves. */
async function startRegistry(options: {
  directory: string;
  realm: string;
  certificate: string;
}): Promise<Registry> {
  const { directory, realm, certificate } = options;
  const work = join(directory, "registry");
  const port = await freePort();
  await mkdir(work);
  const token = { realm, service: SERVICE, issuer: SERVICE, rootcertbundle: certificate };
  const config = {
    version: 0.1,
    log: { level: "warn", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: work } },
    http: { addr: `127.0.0.1:${port}`, secret: "one instance" },
    auth: { token },
  };
  const file = join(work, "config.yml");
  await writeFile(file, JSON.stringify(config));
  const argv = ["docker-registry", "serve", file];
  const listens = { host: "127.0.0.1", port };
  const start = () => startDaemon({ machine: here, work: directory, argv, listens });
  let daemon = await start();
  return {
    origin: `http://127.0.0.1:${port}`,
    async restart(downMs) {
      await daemon.stop();
      await sleep(downMs);
      daemon = await start();
    },
    stop: () => daemon.stop(),
    async blob(digest) {
      const hex = digest.replace("sha256:", "");
      const path = `docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`;
      return new Uint8Array(await readFile(join(work, path)));
    },
  };
}

/** A port that was free a moment ago: docker-registry does not report the port it chose. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** The name of the token service in challenges and tokens. */
const SERVICE = "sampan-test";
const TOKEN_SECONDS = 300;

/** The token service that docker-registry trusts. */
interface TokenService {
  /** The certificate of the signing key, in a file. */
  readonly certificate: string;
  /** A token for one repository. */
  mint(repository: string, actions: readonly string[]): string;
  /** Gives anyone a token to pull what was requested. */
  answer(request: HubRequest): Response;
}

/** Makes a key and its certificate in `directory`. */
function createTokenService(directory: string): TokenService {
  const key = join(directory, "token.key");
  const certificate = join(directory, "token.crt");
  const subject = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${SERVICE}`];
  const files = ["-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", ...subject, ...files], { stdio: "ignore" });
  const privateKey = readFileSync(key, "utf8");
  const der = readFileSync(certificate, "utf8").replace(/-----[^-]+-----|\s/g, "");
  const header = encode({ typ: "JWT", alg: "RS256", x5c: [der] });

  function mint(repository: string, actions: readonly string[]): string {
    const signed = `${header}.${encode(claims(repository, actions))}`;
    return `${signed}.${sign("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
  }

  return {
    certificate,
    mint,
    answer({ query }) {
      const scope = query.get("scope") ?? "";
      const [, repository = ""] = /^repository:([^:]+):pull$/.exec(scope) ?? [];
      const token = mint(repository, ["pull"]);
      const issuedAt = new Date().toISOString();
      const body = { token, access_token: token, expires_in: TOKEN_SECONDS, issued_at: issuedAt };
      return Response.json(body);
    },
  };
}

function claims(name: string, actions: readonly string[]): object {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: SERVICE,
    aud: SERVICE,
    sub: "",
    jti: crypto.randomUUID(),
    iat: now,
    nbf: now - 10,
    exp: now + TOKEN_SECONDS,
    access: [{ type: "repository", name, actions }],
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** Pushes an image by the distribution specification: blobs, manifests, then the tag. */
async function push(
  repositoryUrl: string,
  token: string,
  image: Image,
  tags: readonly string[],
): Promise<void> {
  const send: Send = async (method, url, body, type) => {
    const headers = { authorization: `Bearer ${token}`, ...(type && { "content-type": type }) };
    const response = await fetch(url, { method, headers, body: body ?? null });
    if (response.ok) return response;
    throw new Error(`${method} ${url} answers ${response.status}: ${await response.text()}`);
  };
  for (const [digest, bytes] of image.blobs) {
    const { headers } = await send("POST", `${repositoryUrl}/blobs/uploads/`);
    const upload = new URL(headers.get("location") ?? "", repositoryUrl);
    upload.searchParams.set("digest", digest);
    await send("PUT", upload.href, bytes, "application/octet-stream");
  }
  for (const [digest, { bytes, mediaType }] of image.manifests) {
    const references = digest === image.tagDigest ? [digest, ...tags] : [digest];
    for (const reference of references) {
      await send("PUT", `${repositoryUrl}/manifests/${reference}`, bytes, mediaType);
    }
  }
}

type Send = (
  method: string,
  url: string,
  body?: Uint8Array<ArrayBuffer>,
  type?: string,
) => Promise<Response>;
