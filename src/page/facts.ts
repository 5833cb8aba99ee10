import type { Language } from "./language.ts";

/** The input of the home page: the mirror's configuration and state, for one visitor and host. */
export interface HomeFacts {
  readonly language: Language;
  readonly scheme: "https" | "http";
  /** The requested host, with its port if it has one. */
  readonly host: string;
  /** The prefix of image names on this mirror: the host, and the path secret if any. */
  readonly prefix: string;
  readonly lock: Lock;
  /** Whether clients may log in as users of the mirror, whatever lock this visitor opened. */
  readonly hasUsers: boolean;
  /** Whether clients may log in with an account of the upstream. */
  readonly hasUpstreamLogin: boolean;
  /** Path of the registry API for this visitor: absolute, with a slash at its end. */
  readonly api: string;
  /** Path of the search API for this visitor; null if search is off. */
  readonly search: string | null;
  /** The registry of names without a registry in front. */
  readonly registry: Registry;
  /** The registries that are named in front of the image. */
  readonly otherRegistries: readonly OtherRegistry[];
  readonly hasAccount: boolean;
  /** Whether the mirror has a KV namespace. */
  readonly hasKv: boolean;
  /** As last seen; null if the upstream reported none. */
  readonly quota: Quota | null;
  /** Whether the upstream answered the last request; null if there was none recently. */
  readonly isUpstreamUp: boolean | null;
  readonly version: string;
}

/** The lock that this visitor opened: none, a path secret, a login, or a network. */
export type Lock = "none" | "path" | "login" | "network";

/** What the page needs of a mirrored registry. */
export interface Registry {
  /** As used in image names, e.g. `docker.io`. */
  readonly name: string;
  /** The namespace of names without one, e.g. `library`; empty for none. */
  readonly namespace: string;
  /** The first one has the host of its API, e.g. `registry-1.docker.io`. */
  readonly endpoints: readonly [{ readonly url: { readonly host: string } }, ...unknown[]];
}

/** A registry that is named in front of the image. */
export interface OtherRegistry extends Registry {
  /** Host names of the mirror that serve this registry alone. */
  readonly ownHosts: readonly string[];
}

/** The upstream's limit of pulls. */
export interface Quota {
  readonly limit: number;
  readonly remaining: number;
}

export const DOCKER_HUB = "docker.io";

/** @returns the mirror's address for `registry-mirrors` and `hosts.toml`. */
export function addressOf({ scheme, prefix }: HomeFacts): string {
  return `${scheme}://${prefix}`;
}

/** @returns an image for example commands. */
export function sampleOf({ registry }: HomeFacts): string {
  return registry.namespace === "" ? "owner/image" : "nginx";
}

/** @returns the sample's full name, e.g. `docker.io/library/nginx`. */
export function fullSampleOf(facts: HomeFacts): string {
  const { name, namespace } = facts.registry;
  return [name, namespace, sampleOf(facts)].filter((part) => part !== "").join("/");
}

/** @returns the common name of a registry. */
export function titleOf(registryName: string): string {
  return registryName === DOCKER_HUB ? "Docker Hub" : registryName;
}

/**
 * Whether clients that request `/v2/` at the root of the host first can use this mirror. With a
 * path secret as the only lock the root is 404, and they stop.
 */
export function answersPing({ lock, hasUsers }: HomeFacts): boolean {
  return lock !== "path" || hasUsers;
}

/**
 * @returns whether the host is safe to write into a command, TOML and a header unquoted. The host
 * of a parsed URL may contain quotes, `$` and more.
 */
export function isPlainHost(host: string): boolean {
  return /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d+)?$/i.test(host);
}
