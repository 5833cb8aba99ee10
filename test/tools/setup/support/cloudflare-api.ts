import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { environment } from "../../../support/mirror/wrangler.ts";
import { writeResponse } from "../../../support/serve.ts";

/** Cloudflare's API, as far as wrangler needs it to deploy one Worker, with an empty account. */
export interface CloudflareApi {
  readonly origin: string;
  /** Method and path of what changed something, in order. */
  readonly changes: string[];
  readonly secrets: Map<string, string>;
  readonly namespaces: string[];
  readonly buckets: string[];
  /** What the last upload of the Worker said of its bindings; null before the first. */
  bindings: { readonly name: string; readonly type: string }[] | null;
  readonly stop: () => Promise<void>;
}

type Answers = Record<string, (request: Request) => unknown>;
type Secrets = { readonly [name: string]: { readonly text: string } | null };

const NO_WORKER = { status: 404, code: 10007, message: "This Worker does not exist." };
const NO_BUCKET = { status: 404, code: 10006, message: "The specified bucket does not exist." };
const REFUSED = { status: 403, code: 10000, message: "Authentication error" };
const NO_CHANGES = { added: [], removed: [], updated: [], conflicting: [] };
const ERRORS = [NO_WORKER, NO_BUCKET, REFUSED];
const TOKEN = "the-api-token";
const ACCOUNT = "0123456789abcdef0123456789abcdef";

/** What wrangler is told by its environment to talk to the stand-in alone. */
export function environmentFor(origin: string, home: string): NodeJS.ProcessEnv {
  return {
    ...environment(home),
    CLOUDFLARE_API_BASE_URL: origin,
    CLOUDFLARE_API_TOKEN: TOKEN,
    CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
  };
}

/** Starts it on a free loopback port. */
export async function startCloudflareApi(): Promise<CloudflareApi> {
  const account = createAccount();
  const server = createServer(async (incoming, outgoing) => {
    const request = await toRequest(incoming);
    const path = new URL(request.url).pathname.replace(`/accounts/${ACCOUNT}`, "");
    const isKnown = request.headers.get("authorization") === `Bearer ${TOKEN}`;
    if (isKnown && request.method !== "GET") account.changes.push(`${request.method} ${path}`);
    await writeResponse(outgoing, respond(isKnown ? await account.answer(request, path) : REFUSED));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  return Object.assign(account, { origin: `http://127.0.0.1:${port}`, stop });
}

function createAccount() {
  const account = {
    changes: [] as string[],
    secrets: new Map<string, string>(),
    namespaces: [] as string[],
    buckets: [] as string[],
    bindings: null as CloudflareApi["bindings"],
    answer: (request: Request, path: string) =>
      answers[`${request.method} ${path}`]?.(request) ?? {},
  };
  const ifDeployed = (result: unknown) => (account.bindings === null ? NO_WORKER : result);
  const upload = async (request: Request) => {
    account.bindings = JSON.parse(String((await request.formData()).get("metadata"))).bindings;
    return { id: "sampan", startup_time_ms: 1, resources: { script: { etag: "1" } } };
  };
  const answers: Answers = {
    ...answersOfStores(account),
    "GET /workers/services/sampan": () => ifDeployed({ default_environment: { script: {} } }),
    "GET /workers/scripts/sampan/settings": () => ifDeployed({ bindings: account.bindings }),
    "GET /workers/scripts/sampan/secrets": () =>
      ifDeployed([...account.secrets.keys()].map((name) => ({ name }))),
    "PATCH /workers/scripts/sampan/secrets-bulk": async (request) => {
      const { secrets } = (await request.json()) as { secrets: Secrets };
      if (account.bindings !== null) applySecrets(account.secrets, secrets);
      return ifDeployed({});
    },
    // The first upload, and those after it.
    "PUT /workers/scripts/sampan": upload,
    "POST /workers/scripts/sampan/versions": upload,
    "GET /workers/workers/sampan": () => ({ subdomain: { enabled: false } }),
    "GET /workers/subdomain": () => ({ subdomain: "example" }),
    "GET /workers/scripts/sampan/deployments": () => ({ deployments: [] }),
    "POST /workers/scripts/sampan/domains/changeset": () => NO_CHANGES,
  };
  return account;
}

/** KV namespaces and R2 buckets, which are listed and made. */
function answersOfStores({
  namespaces,
  buckets,
}: Pick<CloudflareApi, "namespaces" | "buckets">): Answers {
  return {
    "GET /storage/kv/namespaces": () => namespaces.map((title) => ({ id: title, title })),
    "POST /storage/kv/namespaces": async (request) => {
      const { title } = (await request.json()) as { title: string };
      namespaces.push(title);
      return { id: title, title };
    },
    "GET /r2/buckets/sampan-blobs": () =>
      buckets.includes("sampan-blobs") ? { name: "sampan-blobs" } : NO_BUCKET,
    "GET /r2/buckets": () => ({ buckets: buckets.map((name) => ({ name })) }),
    "POST /r2/buckets": async (request) => {
      buckets.push(((await request.json()) as { name: string }).name);
      return {};
    },
  };
}

function applySecrets(stored: Map<string, string>, changes: Secrets): void {
  for (const [name, secret] of Object.entries(changes)) {
    if (secret === null) stored.delete(name);
    else stored.set(name, secret.text);
  }
}

function respond(result: unknown): Response {
  const error = ERRORS.find((known) => known === result);
  const body = error
    ? { success: false, errors: [error], messages: [], result: null }
    : { success: true, errors: [], messages: [], result };
  return Response.json(body, { status: error?.status ?? 200 });
}

async function toRequest(incoming: IncomingMessage): Promise<Request> {
  const { method = "GET", url = "/" } = incoming;
  const body = await buffer(incoming);
  return new Request(new URL(url, "http://api.invalid"), {
    method,
    headers: incoming.headers as Record<string, string>,
    ...(body.length > 0 && { body: new Uint8Array(body) }),
  });
}
