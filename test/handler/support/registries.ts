import { afterEach, expect } from "vitest";
import { createHub, type Hub, type HubOptions } from "../../support/hub.ts";
import { useMirrors } from "../support.ts";
import { imageOf, type ManifestContent, OCI_LAST, OCI_MANIFEST, OCI_NEXT } from "./images.ts";
import type { Mirror } from "./mirror.ts";
import type { MirrorOptions, Vars } from "./options.ts";

/** The registries of these tests. Each has `owner/app:1` and `library/app:1`, all different. */
export const NAMES = ["docker.io", "quay.io", "ghcr.io"] as const;
export type RegistryName = (typeof NAMES)[number];

export const REGISTRIES = { "quay.io": "https://quay.io", "ghcr.io": "https://ghcr.io" };
export const HOSTS = { "quay.example.com": "quay.io", "ghcr.example.com:8443": "ghcr.io" };
/** Where each is asked by a host of the mirror's own. */
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

type PerRegistry<T> = Readonly<Record<RegistryName, T>>;

/** A mirror of several registries, and these. */
export interface Scene {
  readonly mirror: Mirror;
  readonly hubs: PerRegistry<Hub>;
  /** What all of them were asked since the last time, such as `quay.io registry GET /v2/`. */
  calls(): string[];
}

export interface SceneOptions extends Omit<MirrorOptions, "network" | "hub"> {
  readonly hubs?: Partial<PerRegistry<Omit<HubOptions, "now">>>;
}

/** @returns what makes mirrors of all three, and wants no leak after each test. A request to any other host is a leak of Docker Hub's. */
export function useScenes(): (options?: SceneOptions) => Scene {
  const createMirror = useMirrors();
  let known: Hub[] = [];
  afterEach(() => {
    expect(known.flatMap(({ leaks }) => leaks)).toEqual([]);
    known = [];
  });
  return ({ hubs: kinds = {}, env, ...options } = {}) => {
    const now = () => mirror.clock.now();
    const others = {
      "quay.io": createHub({ ...hostsOf("quay.io"), ...kinds["quay.io"], now }),
      "ghcr.io": createHub({ ...hostsOf("ghcr.io"), ...kinds["ghcr.io"], now }),
    };
    const mirror: Mirror = createMirror({
      ...options,
      env: { REGISTRIES, HOSTS, ...env },
      hub: kinds["docker.io"] ?? {},
      network: (hub) => (input, init) => {
        const { hostname } = new URL(String(input));
        const name = NAMES.find((one) => hostname === one || hostname.endsWith(`.${one}`));
        const other = name === undefined || name === "docker.io" ? null : others[name];
        return other === null ? hub(input, init) : other.fetch(String(input), init);
      },
    });
    const hubs = { "docker.io": mirror.hub, ...others };
    known.push(...Object.values(hubs));
    for (const name of NAMES) {
      for (const repository of ["owner/app", "library/app"]) {
        hubs[name].push(repository, "1", imageOf(MANIFEST[name]));
      }
    }
    return { mirror, hubs, calls: createCalls(hubs) };
  };
}

/** @returns settings with the accounts of two registries; `user of quay.io` has `pass of quay.io`. */
export function accountsOf(...names: readonly RegistryName[]): Vars {
  const account = (name: string) => ({ username: `user of ${name}`, password: `pass of ${name}` });
  const accounts = Object.fromEntries(names.map((name) => [name, account(name)]));
  return { REGISTRY_ACCOUNTS: JSON.stringify(accounts) };
}

/** @returns a registry that knows that account, and whose `secret/app` is for it alone. */
export function privateHub(name: RegistryName): Omit<HubOptions, "now"> {
  const user = `user of ${name}`;
  const accounts = { [user]: `pass of ${name}` };
  return { accounts, privateRepositories: { "secret/app": [user] }, hasAccessClaims: true };
}

function hostsOf(name: RegistryName) {
  return {
    registry: `https://${name}`,
    auth: `https://auth.${name}`,
    storage: `https://storage.${name}`,
  };
}

function createCalls(hubs: PerRegistry<Hub>): () => string[] {
  const seen = new Map<string, number>();
  return () =>
    NAMES.flatMap((name) => {
      const { requests } = hubs[name];
      const fresh = requests.slice(seen.get(name) ?? 0);
      seen.set(name, requests.length);
      return fresh.map(({ host, method, path }) => `${name} ${host} ${method} ${path}`);
    });
}
