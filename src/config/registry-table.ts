/** The deviations of a known registry from the general rules. */
export interface KnownRegistry {
  /** The only host besides the registry's own that may receive its account. */
  readonly tokenHost?: string;
  /** The namespace of bare names, as in `busybox` for `library/busybox`. */
  readonly namespace?: string;
  /** The namespace whose images are certainly public. */
  readonly publicNamespace?: string | null;
  /** Whether the claims of its tokens show what they allow. Elsewhere a claim proves nothing. */
  readonly hasReliableClaims?: boolean;
  /** The origin of the search API, if it is not the registry's own. */
  readonly searchOrigin?: string;
}

export const DOCKER_HUB = "docker.io";
/** The host names that clients and owners use for Docker Hub. */
export const DOCKER_HUB_HOSTS: readonly string[] = [
  DOCKER_HUB,
  "index.docker.io",
  "registry-1.docker.io",
];
export const DOCKER_HUB_NAMESPACE = "library";

const DOCKER_HUB_SEARCH = "https://index.docker.io";

const DOCKER_HUB_ENTRY: KnownRegistry = {
  tokenHost: "auth.docker.io",
  namespace: DOCKER_HUB_NAMESPACE,
  publicNamespace: DOCKER_HUB_NAMESPACE,
  hasReliableClaims: true,
  searchOrigin: DOCKER_HUB_SEARCH,
};

/** By the host of the registry's URL. A registry that is absent follows the general rules. */
const REGISTRY_TABLE: ReadonlyMap<string, KnownRegistry> = new Map([
  ...DOCKER_HUB_HOSTS.map((host) => [host, DOCKER_HUB_ENTRY] as const),
  ["docker.elastic.co", { tokenHost: "docker-auth.elastic.co" }],
  ["lscr.io", { tokenHost: "ghcr.io" }],
  // Google's cache of Docker Hub, under the same names.
  ["mirror.gcr.io", { namespace: DOCKER_HUB_NAMESPACE, searchOrigin: DOCKER_HUB_SEARCH }],
  ["registry.digitalocean.com", { tokenHost: "api.digitalocean.com" }],
  ["registry.gitlab.com", { tokenHost: "gitlab.com" }],
]);

/** @returns what is special about the registry at this host. */
export function knownRegistry(host: string): KnownRegistry {
  return REGISTRY_TABLE.get(host) ?? {};
}
