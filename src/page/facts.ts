import type { Language } from "./language.ts";

/** What the home page is made from: the mirror as it is set up, under the address it was asked at. */
export interface HomeFacts {
  readonly language: Language;
  readonly scheme: "https" | "http";
  /** The host as asked, with its port if it has one. */
  readonly host: string;
  readonly lock: Lock;
  /** Whether clients may log in as users of the mirror, whatever opened for this visitor. */
  readonly hasUsers: boolean;
  /** Whether clients may log in with an account of the upstream. */
  readonly hasUpstreamLogin: boolean;
  /** Where the registry API is for this visitor: an absolute path that ends in a slash. */
  readonly api: string;
  /** Where the search API is for this visitor; null if there is none. */
  readonly search: string | null;
  /** What a name without a registry in front means. */
  readonly registry: Registry;
  readonly otherRegistries: readonly OtherRegistry[];
  readonly hasAccount: boolean;
  /** As last seen; null if the upstream has told none. */
  readonly quota: Quota | null;
  /** Whether the upstream answered when it was last asked; null if it has not been. */
  readonly isUpstreamUp: boolean | null;
  readonly version: string;
}

/** What opened for this visitor. */
export type Lock =
  | { readonly kind: "none" }
  | { readonly kind: "path"; readonly secret: string }
  | { readonly kind: "login" };

/** A registry that is mirrored. */
export interface Registry {
  /** As it stands in front of names, e.g. `docker.io`. */
  readonly name: string;
  /** Where it is reached, e.g. `registry-1.docker.io`. */
  readonly host: string;
  /** What a bare name belongs to; empty for nothing. */
  readonly namespace: string;
}

/** A registry that is named in front of the image. */
export interface OtherRegistry {
  readonly name: string;
  readonly host: string;
  /** Host names of the mirror that stand for this registry alone. */
  readonly ownHosts: readonly string[];
}

/** How many pulls the upstream grants in a time. */
export interface Quota {
  readonly limit: number;
  readonly remaining: number;
  /** Null if the upstream does not tell. */
  readonly windowSeconds: number | null;
}

export const DOCKER_HUB = "docker.io";

/** @returns what stands in front of an image's name: the host, and the path secret if there is one. */
export function prefixOf({ host, lock }: HomeFacts): string {
  return lock.kind === "path" ? `${host}/${lock.secret}` : host;
}

/** @returns the mirror's address as `registry-mirrors` and `hosts.toml` have it. */
export function addressOf(facts: HomeFacts): string {
  return `${facts.scheme}://${prefixOf(facts)}`;
}

/** @returns an image to show commands with. */
export function sampleOf({ registry }: HomeFacts): string {
  return registry.namespace === "" ? "owner/image" : "nginx";
}

/** @returns the sample's full name, e.g. with `docker.io` and the namespace in front. */
export function fullSampleOf(facts: HomeFacts): string {
  const { name, namespace } = facts.registry;
  return [name, namespace, sampleOf(facts)].filter((part) => part !== "").join("/");
}

/** @returns what people call a registry. */
export function titleOf(registryName: string): string {
  return registryName === DOCKER_HUB ? "Docker Hub" : registryName;
}

/**
 * Whether clients that ask for the API itself first can come in: below a path secret alone there
 * is none at its usual place, and they stop.
 */
export function answersPing({ lock, hasUsers }: HomeFacts): boolean {
  return lock.kind !== "path" || hasUsers;
}

/**
 * @returns whether the host can stand in a command, in TOML and in a header as it is. A URL's host
 * may have quotes, `$` and more in it.
 */
export function isPlainHost(host: string): boolean {
  return /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d+)?$/i.test(host);
}
