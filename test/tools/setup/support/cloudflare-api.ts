import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";

/**
 * Cloudflare's API, as far as wrangler needs it to deploy the Worker `sampan` with the bucket
 * `sampan-blobs`, in an account that is empty at first.
 */
export interface CloudflareApi {
  readonly origin: string;
  /** Method and path of each request that changes something, in order. */
  readonly changes: string[];
  readonly secrets: Map<string, string>;
  readonly namespaces: string[];
  /** The names of the buckets, and their lifecycle rules. */
  readonly buckets: Map<string, LifecycleRule[]>;
  isR2Enabled: boolean;
  /** The bindings of the last upload of the Worker; null before the first. */
  bindings: { readonly name: string; readonly type: string }[] | null;
  readonly stop: () => Promise<void>;
}

export interface LifecycleRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly conditions: { readonly prefix?: string };
  readonly deleteObjectsTransition?: object;
  readonly abortMultipartUploadsTransition?: object;
}

type Answers = Record<string, (request: Request) => unknown>;
type Secrets = { readonly [name: string]: { readonly text: string } | null };

/** An error of the API. */
class ApiError {
  readonly status: number;
  readonly code: number;
  readonly message: string;

  constructor(status: number, code: number, message: string) {
    this.status = status;
    this.code = code;
    this.message = message;
  }
}

const NO_WORKER = new ApiError(404, 10007, "This Worker does not exist.");
const NO_BUCKET = new ApiError(404, 10006, "The specified bucket does not exist.");
const BUCKET_EXISTS = new ApiError(
  409,
  10004,
  "The bucket you tried to create already exists, and you own it.",
);
const SAME_RULE_TWICE = new ApiError(400, 10046, "Lifecycle rule ids must be unique.");
const R2_DISABLED = new ApiError(403, 10042, "Please enable R2 through the Cloudflare Dashboard.");
const REFUSED = new ApiError(403, 10000, "Authentication error");
const NO_CHANGES = { added: [], removed: [], updated: [], conflicting: [] };
/** Each new bucket has it. */
const DEFAULT_RULE: LifecycleRule = {
  id: "Default Multipart Abort Rule",
  enabled: true,
  conditions: { prefix: "" },
  abortMultipartUploadsTransition: { condition: { maxAge: 604_800, type: "Age" } },
};
const TOKEN = "the-api-token";
const ACCOUNT = "0123456789abcdef0123456789abcdef";

/** An environment in which wrangler reaches only the stand-in, and nothing of the developer's own. */
export function environmentFor(origin: string, home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: home,
    XDG_CONFIG_HOME: home,
    WRANGLER_CACHE_DIR: join(home, "cache"),
    WRANGLER_LOG_PATH: join(home, "logs"),
    WRANGLER_REGISTRY_PATH: join(home, "registry"),
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_HIDE_BANNER: "true",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    CLOUDFLARE_API_BASE_URL: origin,
    CLOUDFLARE_API_TOKEN: TOKEN,
    CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
    CI: "1",
    NO_COLOR: "1",
  };
}

/** Runs a program in Node to its end. */
export async function runNode(
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly input?: string },
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { cwd, env, input = "" } = options;
  const child = spawn(process.execPath, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", resolve);
  });
  // The program may end without reading its input.
  child.stdin.on("error", () => undefined).end(input);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

/** Starts it on a free loopback port. */
export async function startCloudflareApi(): Promise<CloudflareApi> {
  const account = createAccount();
  const server = createServer(async (incoming, outgoing) => {
    const request = await toRequest(incoming);
    const path = new URL(request.url).pathname.replace(`/accounts/${ACCOUNT}`, "");
    const isKnown = request.headers.get("authorization") === `Bearer ${TOKEN}`;
    if (isKnown && request.method !== "GET") account.changes.push(`${request.method} ${path}`);
    const result = isKnown ? await account.answer(request, path) : REFUSED;
    const error = result instanceof ApiError ? result : null;
    const errors = error === null ? [] : [{ code: error.code, message: error.message }];
    const body = { success: error === null, errors, messages: [], result: error ? null : result };
    outgoing.writeHead(error?.status ?? 200, { "content-type": "application/json" });
    outgoing.end(JSON.stringify(body));
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
    buckets: new Map<string, LifecycleRule[]>(),
    isR2Enabled: true,
    bindings: null as CloudflareApi["bindings"],
    answer: (request: Request, path: string) =>
      path.startsWith("/r2/") && !account.isR2Enabled
        ? R2_DISABLED
        : (answers[`${request.method} ${path}`]?.(request) ?? {}),
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

function answersOfStores({
  namespaces,
  buckets,
}: Pick<CloudflareApi, "namespaces" | "buckets">): Answers {
  const bucket = "/r2/buckets/sampan-blobs";
  return {
    "GET /storage/kv/namespaces": () => namespaces.map((title) => ({ id: title, title })),
    "POST /storage/kv/namespaces": async (request) => {
      const { title } = (await request.json()) as { title: string };
      namespaces.push(title);
      return { id: title, title };
    },
    "GET /r2/buckets": () => ({ buckets: [...buckets.keys()].map((name) => ({ name })) }),
    "POST /r2/buckets": async (request) => {
      const { name } = (await request.json()) as { name: string };
      if (buckets.has(name)) return BUCKET_EXISTS;
      buckets.set(name, [DEFAULT_RULE]);
      return { name };
    },
    [`GET ${bucket}`]: () => (buckets.has("sampan-blobs") ? { name: "sampan-blobs" } : NO_BUCKET),
    [`GET ${bucket}/lifecycle`]: () => {
      const rules = buckets.get("sampan-blobs");
      return rules === undefined ? NO_BUCKET : { rules };
    },
    [`PUT ${bucket}/lifecycle`]: async (request) => {
      const { rules } = (await request.json()) as { rules: LifecycleRule[] };
      if (!buckets.has("sampan-blobs")) return NO_BUCKET;
      if (new Set(rules.map(({ id }) => id)).size < rules.length) return SAME_RULE_TWICE;
      buckets.set("sampan-blobs", rules);
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

async function toRequest(incoming: IncomingMessage): Promise<Request> {
  const { method = "GET", url = "/" } = incoming;
  const body = await buffer(incoming);
  return new Request(new URL(url, "http://api.invalid"), {
    method,
    headers: incoming.headers as Record<string, string>,
    ...(body.length > 0 && { body: new Uint8Array(body) }),
  });
}
