/** The deviations of a known registry from the general rules. */
export interface KnownRegistry {
  /** The only host besides the registry's own that may receive its account. */
  readonly tokenHost?: string;
  /** Docker Hub's names: a bare one is in `library/`, and Docker Hub's index has its searches. */
  readonly hasHubNames?: boolean;
  /**
   * Docker Hub itself. Its `library/` is certainly public, and the claims of its tokens show what
   * they allow; elsewhere a claim proves nothing.
   */
  readonly isDockerHub?: boolean;
}

export const DOCKER_HUB = "docker.io";
/** The host names that clients and owners use for Docker Hub. */
export const DOCKER_HUB_HOSTS: readonly string[] = [
  DOCKER_HUB,
  "index.docker.io",
  "registry-1.docker.io",
];
export const DOCKER_HUB_NAMESPACE = "library";
/** The origin of its search API. Other registries have their own. */
export const DOCKER_HUB_SEARCH = "https://index.docker.io";

const DOCKER_HUB_ENTRY: KnownRegistry = {
  tokenHost: "auth.docker.io",
  hasHubNames: true,
  isDockerHub: true,
};

/** By the host of the registry's URL. A registry that is absent follows the general rules. */
export const KNOWN_REGISTRIES: ReadonlyMap<string, KnownRegistry> = new Map([
  ...DOCKER_HUB_HOSTS.map((host) => [host, DOCKER_HUB_ENTRY] as const),
  ["docker.elastic.co", { tokenHost: "docker-auth.elastic.co" }],
  ["lscr.io", { tokenHost: "ghcr.io" }],
  // Google's cache of Docker Hub, under the same names.
  ["mirror.gcr.io", { hasHubNames: true }],
  ["registry.digitalocean.com", { tokenHost: "api.digitalocean.com" }],
  ["registry.gitlab.com", { tokenHost: "gitlab.com" }],
]);
