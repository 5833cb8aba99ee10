import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cp, symlink } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { ROOT } from "../../../support/repository.ts";

/**
 * Cloudflare's API, as far as wrangler needs it to deploy the Worker `sampan` with the bucket
 * `sampan-blobs`, in an account that has a workers.dev subdomain and nothing else at first.
 */
export interface CloudflareApi {
  readonly origin: string;
  /** Method and path of each request that changes something, in order. */
  readonly changes: string[];
  readonly secrets: Map<string, string>;
  /** The titles of the KV namespaces, and their ids. */
  readonly namespaces: Map<string, string>;
  /** The names of the buckets, and their lifecycle rules. */
  readonly buckets: Map<string, LifecycleRule[]>;
  /** The status with which R2 refuses everything until it is enabled; null if it is. */
  r2Refusal: 400 | 403 | null;
  /** Null before the account has opened Workers for the first time. */
  subdomain: string | null;
  /** Answers every change of secrets with this error. */
  secretsError: ApiError | null;
  /** The bindings of the last upload of the Worker, without secrets; null before the first. */
  bindings: readonly Binding[] | null;
  /** The types of bindings that the last upload keeps as they are at Cloudflare. */
  kept: readonly string[];
  /** The modules of the last upload. */
  modules: readonly File[];
  readonly stop: () => Promise<void>;
}

export interface LifecycleRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly conditions: { readonly prefix?: string };
  readonly deleteObjectsTransition?: object;
  readonly abortMultipartUploadsTransition?: object;
}

/** A binding in the metadata of an upload. */
interface Binding {
  readonly name: string;
  readonly type: string;
  readonly text?: string;
  readonly bucket_name?: string;
  readonly namespace_id?: string;
}

type Account = Omit<CloudflareApi, "origin" | "stop">;
type Answers = Record<string, (request: Request) => unknown>;
type Secrets = { readonly [name: string]: { readonly text: string } | null };

/** An error of the API. */
export class ApiError {
  readonly status: number;
  readonly code: number;
  readonly message: string;

  constructor(status: number, code: number, message: string) {
    this.status = status;
    this.code = code;
    this.message = message;
  }
}

const NO_ROUTE = new ApiError(404, 7003, "Could not route to the path; perhaps it is wrong.");
const NO_WORKER = new ApiError(404, 10007, "This Worker does not exist.");
const NO_BUCKET = new ApiError(404, 10006, "The specified bucket does not exist.");
const BUCKET_EXISTS = new ApiError(
  409,
  10004,
  "The bucket you tried to create already exists, and you own it.",
);
const SAME_RULE_TWICE = new ApiError(400, 10046, "Lifecycle rule ids must be unique.");
const NO_R2 = "Please enable R2 through the Cloudflare Dashboard.";
const NO_SUBDOMAIN = new ApiError(
  400,
  10063,
  "You need a workers.dev subdomain in order to proceed. Please go to the dashboard and open the Workers menu.",
);
const SUBDOMAIN_MISSING = new ApiError(404, 10007, "There is no workers.dev subdomain.");
const SUBDOMAIN_AVAILABLE = new ApiError(404, 10032, "The subdomain is available.");
const NAMESPACE_EXISTS = new ApiError(
  400,
  10014,
  "a namespace with this account ID and title already exists",
);
const NAMESPACE_UNKNOWN = new ApiError(400, 10041, "KV namespace not found.");
const BUCKET_UNKNOWN = new ApiError(400, 10085, "R2 bucket 'sampan-blobs' not found.");
const SECRET_TOO_LARGE = new ApiError(400, 10054, "Text binding exceeds the limit of 5.0 kB.");
const SECRET_LIMIT_BYTES = 5120;
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

/** Copies what wrangler needs to deploy the Worker, besides wrangler.toml, into a folder. */
export async function copyWorker(folder: string): Promise<void> {
  for (const part of ["src", "package.json"]) {
    await cp(join(ROOT, part), join(folder, part), { recursive: true });
  }
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
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
  const state: Account = {
    changes: [],
    secrets: new Map(),
    namespaces: new Map(),
    buckets: new Map(),
    r2Refusal: null,
    subdomain: "example",
    secretsError: null,
    bindings: null,
    kept: [],
    modules: [],
  };
  const account = Object.assign(state, {
    answer: (request: Request, path: string) =>
      path.startsWith("/r2/") && account.r2Refusal !== null
        ? new ApiError(account.r2Refusal, 10042, NO_R2)
        : (answers[`${request.method} ${path}`]?.(request) ?? NO_ROUTE),
  });
  const answers: Answers = {
    // wrangler describes the login when one is refused.
    "GET /user": () => ({ id: ACCOUNT, email: "owner@example.com" }),
    "GET /user/tokens/verify": () => ({ id: ACCOUNT, status: "active" }),
    "GET /accounts": () => [{ id: ACCOUNT, name: "owner" }],
    "GET /memberships": () => [],
    ...answersOfWorker(account),
    ...answersOfStores(account),
  };
  return account;
}

function answersOfWorker(account: Account): Answers {
  const ifDeployed = (result: unknown) => (account.bindings === null ? NO_WORKER : result);
  const upload = async (request: Request) => {
    if (account.subdomain === null) return NO_SUBDOMAIN;
    const form = await request.formData();
    const { bindings, keep_bindings = [] } = JSON.parse(String(form.get("metadata"))) as {
      readonly bindings: readonly Binding[];
      readonly keep_bindings?: readonly string[];
    };
    const error = bindings.map((binding) => refuseBinding(account, binding)).find(Boolean);
    if (error) return error;
    const secrets = bindings.filter(({ type }) => type === "secret_text");
    account.kept = keep_bindings;
    if (!keep_bindings.includes("secret_text")) account.secrets.clear();
    for (const { name, text = "" } of secrets) account.secrets.set(name, text);
    account.bindings = bindings.filter((binding) => !secrets.includes(binding));
    account.modules = [...form.values()].filter((part) => typeof part !== "string");
    return { id: "sampan", startup_time_ms: 1, resources: { script: { etag: "1" } } };
  };
  return {
    "GET /workers/services/sampan": () => ifDeployed({ default_environment: { script: {} } }),
    "GET /workers/scripts/sampan/settings": () => ifDeployed({ bindings: account.bindings }),
    "GET /workers/scripts/sampan/secrets": () =>
      ifDeployed([...account.secrets.keys()].map((name) => ({ name }))),
    "PATCH /workers/scripts/sampan/secrets-bulk": async (request) => {
      const { secrets } = (await request.json()) as { secrets: Secrets };
      if (account.bindings === null) return NO_WORKER;
      if (account.secretsError !== null) return account.secretsError;
      const texts = Object.values(secrets).map((secret) => secret?.text ?? "");
      if (texts.some((value) => value.length > SECRET_LIMIT_BYTES)) return SECRET_TOO_LARGE;
      applySecrets(account.secrets, secrets);
      return {};
    },
    // The first upload, and those after it.
    "PUT /workers/scripts/sampan": upload,
    "POST /workers/scripts/sampan/versions": upload,
    "GET /workers/workers/sampan": () => ({ subdomain: { enabled: false } }),
    "GET /workers/subdomain": () =>
      account.subdomain === null ? SUBDOMAIN_MISSING : { subdomain: account.subdomain },
    "GET /workers/subdomains/harbour": () => SUBDOMAIN_AVAILABLE,
    "PUT /workers/subdomain": async (request) => {
      const { subdomain } = (await request.json()) as { subdomain: string };
      account.subdomain = subdomain;
      return { subdomain };
    },
    "GET /workers/scripts/sampan/deployments": () => ({ deployments: [] }),
    "POST /workers/scripts/sampan/deployments": () => ({}),
    "PATCH /workers/scripts/sampan/script-settings": () => ({}),
    "POST /workers/scripts/sampan/subdomain": () => ({ enabled: true, previews_enabled: false }),
    "PUT /workers/scripts/sampan/schedules": () => ({ schedules: [] }),
    "POST /workers/scripts/sampan/domains/changeset": () => NO_CHANGES,
    "PUT /workers/scripts/sampan/domains/records": () => ({}),
  };
}

/** @returns the error if a binding names something that the account does not have. */
function refuseBinding(account: Account, binding: Binding): ApiError | null {
  const { type, bucket_name = "", namespace_id = "" } = binding;
  if (type === "r2_bucket" && !account.buckets.has(bucket_name)) return BUCKET_UNKNOWN;
  const ids = [...account.namespaces.values()];
  return type === "kv_namespace" && !ids.includes(namespace_id) ? NAMESPACE_UNKNOWN : null;
}

function answersOfStores({ namespaces, buckets }: Account): Answers {
  const bucket = "/r2/buckets/sampan-blobs";
  return {
    "GET /storage/kv/namespaces": ({ url }) => {
      const { searchParams } = new URL(url);
      const size = Number(searchParams.get("per_page") ?? 20);
      const first = (Number(searchParams.get("page") ?? 1) - 1) * size;
      const all = [...namespaces].map(([title, id]) => ({ id, title }));
      return all.slice(first, first + size);
    },
    "POST /storage/kv/namespaces": async (request) => {
      const { title } = (await request.json()) as { title: string };
      if (namespaces.has(title)) return NAMESPACE_EXISTS;
      const id = createHash("md5").update(title).digest("hex");
      namespaces.set(title, id);
      return { id, title };
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
