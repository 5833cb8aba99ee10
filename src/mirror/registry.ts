import type { Account } from "../upstream/upstream.ts";

/** One registry that is mirrored. */
export interface Registry {
  /** Canonical, as it stands in front of an image's name: `docker.io`, `ghcr.io`. */
  readonly name: string;
  /** Where it is asked. */
  readonly url: URL;
  /** What a bare name belongs to; empty for nothing. */
  readonly namespace: string;
  /** By which names a client may call it, in lower case. */
  readonly aliases: readonly string[];
  /** The namespace whose images are public for certain; null if there is none. */
  readonly publicNamespace: string | null;
  readonly account: Account | null;
  /** Where its images are searched: an origin. */
  readonly index: URL;
}

/** The closed table of what can be reached; there is no other way to a registry. */
export interface Registries {
  /** For requests that name none. */
  readonly primary: Registry;
  /** All, the primary one first. */
  readonly all: readonly Registry[];
  /** Which registry requests to a host of the mirror are for, by host as a URL has it. */
  readonly byHost: ReadonlyMap<string, Registry>;
}

/** @returns the registry that a client calls so; null if it is none of the table. */
export function findRegistry({ all }: Registries, alias: string): Registry | null {
  // ASCII alone: a letter that only looks like one of a registry's name is not in it.
  const wanted = alias.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
  return all.find(({ aliases }) => aliases.includes(wanted)) ?? null;
}

/**
 * @param host as the request's URL has it, with its port.
 * @returns the registry that requests are for which name none.
 */
export function registryOfHost({ byHost, primary }: Registries, host: string): Registry {
  const [, hostname = host, port = ""] = /^(.*?)\.?(:\d+)?$/.exec(host) ?? [];
  return byHost.get(`${hostname}${port}`) ?? byHost.get(hostname) ?? primary;
}
