import { expect } from "vitest";
import {
  CONFIG,
  COUNTED_BLOB,
  imageOf,
  imageWithBlob,
  LAYER,
  type ManifestContent,
  OCI_INDEX,
  OCI_LAST,
  OCI_MANIFEST,
  OCI_NEXT,
  ROUTES,
} from "../contents.ts";
import { type OtherRegistry, REGION, REGION_PREFIX, REGISTRIES } from "../hub/registries.ts";
import type { Hub, HubOptions } from "../hub.ts";
import { type Mirror, type MirrorOptions, ORIGIN, useMirrors, type Vars } from "./in-process.ts";

/** Secrets that open paths; no repository has such a name. */
export const SECRET = "0f9a4c1be27d5863aa10";
export const NEW_SECRET = "77c0b5a1d9e8426f3b1d";

export const PLAIN_404 = {
  status: 404,
  headers: {
    "content-type": "text/plain; charset=utf-8",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
  },
  text: "Not found.\n",
};

/** @returns status, headers and body: everything that a stranger can compare. */
export async function looks(mirror: Mirror, path: string, init: RequestInit = {}) {
  const { status, headers, text } = await mirror.ask(path, init);
  return { status, headers: Object.fromEntries(headers), text };
}

export function basic(username: string, password: string): string {
  return `Basic ${new TextEncoder().encode(`${username}:${password}`).toBase64()}`;
}

export function withAuthorization(authorization: string | null): RequestInit {
  return authorization === null ? {} : { headers: { authorization } };
}

/** The body of a response of the mirror's token service. */
export interface Grant {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
  readonly issued_at: string;
}

type Account = readonly [username: string, password: string];

/** Logs in as Docker does, by GET of the realm with Basic; null is anonymous. */
export async function logIn(
  mirror: Mirror,
  account: Account | null,
  names: readonly string[],
  realm = "/token",
): Promise<string> {
  const query = new URLSearchParams({ service: new URL(ORIGIN).host });
  for (const name of names) query.append("scope", `repository:${name}:pull`);
  const authorization = account && basic(...account);
  const answer = await mirror.ask(`${realm}?${query}`, withAuthorization(authorization));
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return `Bearer ${(JSON.parse(answer.text) as Grant).token}`;
}

/** Asks with a token for the repository that the account gets; null is anonymous. */
export async function askAs(
  mirror: Mirror,
  account: Account | null,
  name: string,
  route: string,
  init: RequestInit = {},
) {
  return (await createSession(mirror, account, name))(route, init);
}

/** Logs in once. @returns a function that asks for something of the repository with this token. */
export async function createSession(mirror: Mirror, account: Account | null, name: string) {
  const authorization = await logIn(mirror, account, [name]);
  return (route: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set("authorization", authorization);
    return mirror.ask(`/v2/${name}/${route}`, { ...init, headers });
  };
}

/** Accounts of the upstream; each has a private repository. */
export const ALICE = ["alice", "alice's passphrase"] as const;
export const BOB = ["bob", "bob's passphrase"] as const;
/** The account of the mirror. */
export const ACCOUNT = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };
export const LOGIN = { LOGIN: "upstream", LOGIN_KEY: "0123456789abcdef0123456789abcdef" };

/** @returns a function that makes mirrors with logins; `bob/shared` is for both accounts. */
export function useLoginMirrors() {
  const createMirror = useMirrors();
  return (env: Vars = {}, hasAccessClaims = true, options: MirrorOptions = {}): Mirror => {
    const accounts = Object.fromEntries([ALICE, BOB, ["sampan", "hunter2"]]);
    const privateRepositories = {
      "alice/secret": ["alice"],
      "bob/secret": ["bob"],
      "bob/shared": ["alice", "bob"],
    };
    const hub = { accounts, privateRepositories, hasAccessClaims };
    const mirror = createMirror({ ...options, env: { ...LOGIN, ...env }, hub });
    const names = Object.keys(privateRepositories);
    for (const name of ["library/busybox", "grafana/grafana", ...names]) {
      mirror.hub.push(name, "1", imageOf(OCI_MANIFEST));
    }
    return mirror;
  };
}

/** Mirrors with logins: name, settings, and whether tokens have claims. */
export const LOGIN_MIRRORS = [
  ["without an account of its own", {}, true],
  ["with an account of its own", ACCOUNT, true],
  ["with tokens without claims", ACCOUNT, false],
  ["with neither", {}, false],
] as const;

/** The ways to ask for something. */
export const PROBES: readonly RequestInit[] = [
  {},
  { method: "HEAD" },
  { headers: { range: "bytes=0-3" } },
  { headers: { "if-none-match": "*" } },
  { headers: { "if-none-match": `"${OCI_MANIFEST.digest}"` } },
  { headers: { accept: "application/vnd.oci.image.manifest.v1+json" } },
];

/** Asks for everything of their private repositories, as Alice and as Bob. */
export async function pullAsEach(mirror: Mirror): Promise<void> {
  for (const [account, name] of [
    [ALICE, "alice/secret"],
    [BOB, "bob/secret"],
  ] as const) {
    const ask = await createSession(mirror, account, name);
    for (const route of ROUTES) {
      for (const init of PROBES) {
        const { status } = await ask(route, init);
        expect([200, 206, 304]).toContain(status);
      }
    }
  }
}

/** Settings of a mirror that serves its account's private images behind a lock. */
export const SERVED = { ...ACCOUNT, PRIVATE_IMAGES: "allow", ACCESS_PATHS: `office=${SECRET}` };
export const WEEK_SECONDS = 7 * 24 * 60 * 60;

/** @returns a function that makes mirrors whose account has a private repository, `sampan/secret`. */
export function usePrivateMirrors() {
  const createMirror = useMirrors();
  return (env: Vars = ACCOUNT, hasAccessClaims = true, options: MirrorOptions = {}) => {
    const secrets: Record<string, string[]> = { "sampan/secret": ["sampan"] };
    const accounts = { sampan: "hunter2" };
    const hub = { accounts, privateRepositories: secrets, hasAccessClaims };
    const mirror = createMirror({ ...options, env, hub });
    for (const name of ["library/busybox", "grafana/grafana", "sampan/secret"]) {
      mirror.hub.push(name, "1", imageOf(OCI_MANIFEST));
    }
    return { mirror, secrets };
  };
}

/** Asks for everything of the private repository by GET and HEAD. */
export async function warmEverything(mirror: Mirror, base: string): Promise<void> {
  for (const route of ROUTES) {
    const path = `${base}sampan/secret/${route}`;
    expect((await mirror.get(path)).status).toBe(200);
    expect((await mirror.head(path)).status).toBe(200);
  }
}

export const LARGE_PATH = `/v2/busybox/blobs/${COUNTED_BLOB.digest}`;
export const SMALL_PATH = `/v2/busybox/blobs/${LAYER.digest}`;

/** The keys of these blobs in the bucket. */
export function keysOf(...digests: readonly string[]): string[] {
  return digests.map((digest) => `blobs/registry-1.docker.io/${digest}`).sort();
}

/** @returns a function that makes mirrors with a bucket, of `busybox:1.36` and a large blob. */
export function useArchiveMirrors(): (options?: MirrorOptions) => Mirror {
  const createMirror = useMirrors();
  return (options = {}) => {
    const mirror = createMirror({ keepsBlobs: true, ...options });
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_INDEX, OCI_MANIFEST));
    mirror.hub.push("library/busybox", null, imageWithBlob(COUNTED_BLOB));
    return mirror;
  };
}

/** All requests of a full pull of `busybox:1.36`. */
export const PULL = [
  "/v2/busybox/manifests/1.36",
  `/v2/busybox/manifests/${OCI_INDEX.digest}`,
  `/v2/busybox/manifests/${OCI_MANIFEST.digest}`,
  `/v2/busybox/blobs/${CONFIG.digest}`,
  SMALL_PATH,
  LARGE_PATH,
];

/** The only image of the other registries, `owner/app:1`, and the scope of its pull. */
export const TAG = "/v2/owner/app/manifests/1";
export const BY_DIGEST = `/v2/owner/app/manifests/${OCI_MANIFEST.digest}`;
export const BLOB = `/v2/owner/app/blobs/${LAYER.digest}`;
export const SCOPE = "scope=repository:owner/app:pull";

/** Where a signed URL of `LAYER` is at every stand-in of a storage, behind its host. */
export const SIGNED_LAYER =
  "GET /registry-v2/docker/registry/v2/blobs/sha256/3b/3b4d922053807bd0a41bad4f1357a1ab35f50cd885d015057086321245cbb33c/data";

/** The token request of a pull at each of these registries, as `mirror.fetches` has it. */
export const TOKENS = {
  "public.ecr.aws": `public.ecr.aws GET /token/?service=public.ecr.aws&${SCOPE}`,
  "docker.elastic.co": `docker-auth.elastic.co GET /auth?service=token-service&${SCOPE}`,
  "ghcr.io": `ghcr.io GET /token?service=ghcr.io&${SCOPE}`,
  "gcr.io": `gcr.io GET /v2/token?service=gcr.io&${SCOPE}`,
  "europe-west3-docker.pkg.dev": `europe-west3-docker.pkg.dev GET /v2/token?service=europe-west3-docker.pkg.dev&${SCOPE}`,
  "nvcr.io": `nvcr.io GET /proxy_auth?${SCOPE}`,
  "quay.io": `quay.io GET /v2/auth?service=quay.io&${SCOPE}`,
};

/** Every `Authorization` sent so far, and null for each request without one. */
export function authorizations({ sent }: Mirror): (string | null)[] {
  return sent.map(({ init }) => new Headers(init.headers).get("authorization"));
}

/** The registries behind a gateway, and the prefix of names there. */
const BEHIND: Partial<Record<OtherRegistry, { name: OtherRegistry; prefix: string }>> = {
  "registry.k8s.io": { name: REGION, prefix: `${REGION_PREFIX}/` },
  "lscr.io": { name: "ghcr.io", prefix: "" },
};

/** @returns a function that makes mirrors of one other registry. */
export function useOtherRegistries() {
  const createMirror = useMirrors();
  return (
    name: OtherRegistry,
    env: Vars = {},
    { hub, behind, image = OCI_MANIFEST }: OtherOptions = {},
  ): Mirror => {
    const other = BEHIND[name];
    const mirror = createMirror({
      env: { UPSTREAM: `https://${name}`, ...env },
      hub: { ...REGISTRIES[name], ...hub },
      others: other === undefined ? [] : [{ ...REGISTRIES[other.name], ...behind }],
    });
    mirror.hub.push("owner/app", "1", imageOf(image));
    mirror.hubs[1]?.push(`${other?.prefix}owner/app`, "1", imageOf(image));
    return mirror;
  };
}

interface OtherOptions {
  readonly hub?: HubOptions;
  /** Of the registry behind a gateway. */
  readonly behind?: HubOptions;
  readonly image?: ManifestContent;
}

/** Registries of one mirror. Each has its own `owner/app:1` and `library/app:1`. */
export const NAMES = ["docker.io", "quay.io", "ghcr.io"] as const;
export type RegistryName = (typeof NAMES)[number];

export const SEVERAL = {
  REGISTRIES: { "quay.io": "https://quay.io", "ghcr.io": "https://ghcr.io" },
  HOSTS: { "quay.example.com": "quay.io", "ghcr.example.com:8443": "ghcr.io" },
};

/** The host of the mirror for each registry. */
export const OWN_HOST: Readonly<Record<RegistryName, string>> = {
  "docker.io": "https://mirror.example.com",
  "quay.io": "https://quay.example.com",
  "ghcr.io": "https://ghcr.example.com:8443",
};

export const MANIFEST: Readonly<Record<RegistryName, ManifestContent>> = {
  "docker.io": OCI_MANIFEST,
  "quay.io": OCI_NEXT,
  "ghcr.io": OCI_LAST,
};

/** A mirror of several registries. */
export interface Scene {
  readonly mirror: Mirror;
  readonly hubs: Readonly<Record<RegistryName, Hub>>;
  /** Requests since the last call, by registry, such as `quay.io registry GET /v2/`. */
  calls(): string[];
}

export type SceneOptions = Omit<MirrorOptions, "network" | "hub" | "others"> & {
  readonly hubs?: Partial<Record<RegistryName, Omit<HubOptions, "now">>>;
};

/** @returns a function that makes mirrors of all three registries. */
export function useScenes(): (options?: SceneOptions) => Scene {
  const createMirror = useMirrors();
  return ({ hubs: kinds = {}, env, ...options } = {}) => {
    const mirror = createMirror({
      ...options,
      env: { ...SEVERAL, ...env },
      hub: kinds["docker.io"] ?? {},
      others: [
        { ...hostsOf("quay.io"), ...kinds["quay.io"] },
        { ...hostsOf("ghcr.io"), ...kinds["ghcr.io"] },
      ],
    });
    const [hub, quay = hub, ghcr = hub] = mirror.hubs;
    const hubs = {
      "docker.io": mirror.hub,
      "quay.io": quay ?? mirror.hub,
      "ghcr.io": ghcr ?? mirror.hub,
    };
    for (const name of NAMES) {
      for (const repository of ["owner/app", "library/app"]) {
        hubs[name].push(repository, "1", imageOf(MANIFEST[name]));
      }
    }
    const seen = new Map<string, number>();
    const calls = () =>
      NAMES.flatMap((name) => {
        const { requests } = hubs[name];
        const fresh = requests.slice(seen.get(name) ?? 0);
        seen.set(name, requests.length);
        return fresh.map(({ host, method, path }) => `${name} ${host} ${method} ${path}`);
      });
    return { mirror, hubs, calls };
  };
}

function hostsOf(name: RegistryName) {
  return {
    registry: `https://${name}`,
    auth: `https://${name}`,
    storage: `https://storage.${name}`,
  };
}

/** @returns settings with an account at each; `user of quay.io` has `pass of quay.io`. */
export function accountsOf(...names: readonly RegistryName[]): Vars {
  const account = (name: string) => ({ username: `user of ${name}`, password: `pass of ${name}` });
  const accounts = Object.fromEntries(names.map((name) => [name, account(name)]));
  return { REGISTRY_ACCOUNTS: JSON.stringify(accounts) };
}

/** @returns a registry with that account, whose `secret/app` is for it alone. */
export function privateHub(name: RegistryName): Omit<HubOptions, "now"> {
  const user = `user of ${name}`;
  const accounts = { [user]: `pass of ${name}` };
  return { accounts, privateRepositories: { "secret/app": [user] }, hasAccessClaims: true };
}
