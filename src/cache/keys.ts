import { type Digest, fingerprint } from "../protocol/digest.ts";
import type { AcceptClass } from "../protocol/media-type.ts";
import type { Name } from "../protocol/name.ts";
import type { Tag } from "../protocol/reference.ts";
import type { TokenIdentity } from "../protocol/token.ts";

/*
 * The keys of all records. Each contains the registry's id and the repository, so that no record
 * of one can answer for another; a partition adds the account to what only that account may see.
 * `v2` is the format of the records. KV limits a key to 512 bytes: a host of 64 characters, an
 * account of 24, a name of 255 (with the path of the upstream) and a reference of 135 fit.
 */

export function challengeKey(registry: string): string {
  return `v2/challenge/${registry}`;
}

/** The account is only in the key as a hash, since everyone with access to KV can list its keys. */
export async function tokenKey(identity: TokenIdentity): Promise<string> {
  const { registry, username, realm, service, scope } = identity;
  const account = await fingerprint(JSON.stringify([username, realm, service]));
  return `v2/token/${registry}/${account.slice(0, 32)}/${scope}`;
}

export function tagKey(partition: string, name: Name, tag: Tag, accepted: AcceptClass): string {
  return `v2/tag/${partition}/${name}/${tag}/${accepted}`;
}

export function manifestKey(partition: string, name: Name, digest: Digest): string {
  return `v2/manifest/${partition}/${name}/${digest}`;
}

export function blobKey(partition: string, name: Name, digest: Digest): string {
  return `v2/blob/${partition}/${name}/${digest}`;
}

export function visibilityKey(registry: string, name: Name): string {
  return `v2/public/${registry}/${name}`;
}

export function tagListKey(partition: string, name: Name): string {
  return `v2/tags/${partition}/${name}`;
}

export function referrersKey(partition: string, name: Name, digest: Digest): string {
  return `v2/referrers/${partition}/${name}/${digest}`;
}

/** For the negative cache only: logins are not cached. */
export function loginKey(partition: string): string {
  return `v2/login/${partition}`;
}

/**
 * The text comes from the client. It is encoded, and not a path segment of its own, since `..` would
 * remove the one before it.
 */
export function searchKey(registry: string, text: string, limit: number): string {
  return `v2/search/${registry}/${limit}:${encodeURIComponent(text)}`;
}

/** @returns the cache partition of a registry's public images. */
export function publicPartition(registry: string): string {
  return registry;
}

/** @returns the partition of a mirror that serves the private images of its own accounts. */
export async function ownerPartition(
  registry: string,
  accounts: readonly (string | null)[],
): Promise<string> {
  const hash = await fingerprint(JSON.stringify([...accounts, registry]));
  return `${registry}~private-${hash.slice(0, 24)}`;
}

/** @returns the partition of a client's own account. */
export function loginPartition(registry: string, accountHash: string): string {
  return `${registry}~${accountHash.slice(0, 24)}`;
}
