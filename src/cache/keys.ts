import { type Digest, fingerprint } from "../protocol/digest.ts";
import { type AcceptClass, parseAcceptClass } from "../protocol/media-type.ts";
import { type Name, parseImageName } from "../protocol/name.ts";
import { parseReference, type Tag } from "../protocol/reference.ts";

/*
 * Where each record is kept. The registry's host and the repository stand in every key, so nothing
 * cached for one can answer for another; what only an account may see has the account in its
 * `space` as well. `v1` is the format of the records. A key of KV may have
 * 512 bytes: a host of 64 characters, an account of 24, a name of 255 and a reference of 135 leave room.
 */

export function schemeKey(registry: string): string {
  return `v1/scheme/${registry}`;
}

/** What a token is good for: whose it is, from where, for what. */
export interface TokenIdentity {
  readonly username: string | null;
  readonly realm: string;
  readonly service: string | null;
  readonly scope: string;
}

/** The account is in the key as a hash only: keys can be listed by whoever sees the namespace. */
export async function tokenKey(
  registry: string,
  { username, realm, service, scope }: TokenIdentity,
): Promise<string> {
  const account = await fingerprint(JSON.stringify([username, realm, service]));
  return `v1/token/${registry}/${account.slice(0, 32)}/${scope}`;
}

export function pointerKey(space: string, name: Name, tag: Tag, accepted: AcceptClass): string {
  return `v1/tag/${space}/${name}/${tag}/${accepted}`;
}

export function manifestKey(space: string, name: Name, digest: Digest): string {
  return `v1/manifest/${space}/${name}/${digest}`;
}

export function blobKey(space: string, name: Name, digest: Digest): string {
  return `v1/blob/${space}/${name}/${digest}`;
}

export function verdictKey(registry: string, name: Name): string {
  return `v1/public/${registry}/${name}`;
}

/** Of refusals alone: lists are never kept. */
export function tagListKey(space: string, name: Name): string {
  return `v1/tags/${space}/${name}`;
}

/** Of refusals alone. */
export function referrersKey(space: string, name: Name, digest: Digest): string {
  return `v1/referrers/${space}/${name}/${digest}`;
}

/** Of refusals alone: what was granted is never kept. */
export function loginKey(space: string): string {
  return `v1/login/${space}`;
}

/** The text is a client's: it is encoded, so that it makes no key of another kind. */
export function searchKey(registry: string, text: string, limit: number): string {
  return `v1/search/${registry}/${limit}/${encodeURIComponent(text)}`;
}

/** @returns what all share of a registry: what anybody could pull from it. */
export function sharedSpace(registry: string): string {
  return registry;
}

/** @returns what a mirror serves that gives away the private images of this account of its own. */
export async function privateSpace(registry: string, username: string): Promise<string> {
  const account = await fingerprint(JSON.stringify([username, registry]));
  return `${registry}~private-${account.slice(0, 24)}`;
}

/** @returns what one account alone may see. */
export function accountSpace(registry: string, accountHash: string): string {
  return `${registry}~${accountHash.slice(0, 24)}`;
}

/** What a pointer's key says. */
export interface TagIdentity {
  readonly name: Name;
  readonly tag: Tag;
  readonly accepted: AcceptClass;
}

/** @returns what the keys of all pointers of a space begin with. */
export function pointerPrefix(space: string): string {
  return `v1/tag/${space}/`;
}

/** @returns what `pointerKey` made the key of; null if it is no such key. */
export function parsePointerKey(space: string, key: string): TagIdentity | null {
  const prefix = pointerPrefix(space);
  if (!key.startsWith(prefix)) return null;
  const parts = key.slice(prefix.length).split("/");
  const accepted = parseAcceptClass(parts.pop() ?? "");
  const reference = parseReference(parts.pop() ?? "");
  const image = parseImageName(parts.join("/"));
  if (accepted === null || reference?.kind !== "tag" || image === null) return null;
  return image.host === null ? { name: image.name, tag: reference.tag, accepted } : null;
}
