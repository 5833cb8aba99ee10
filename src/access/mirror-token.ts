import type { AccessConfig, NamedSecret } from "../config/access.ts";
import { RegistryError } from "../protocol/errors.ts";
import { createSealer, type Sealer } from "../protocol/seal.ts";

/** The path of the mirror's token service, below the path secret if there is one. */
export const TOKEN_PATH = "/token";

/** What a token is for, and the version of its content. Other sealed texts are no tokens. */
const PURPOSE = "mirror token v1";

/** A client's login with an upstream account. */
export interface Login {
  /** The name of the registry of the account; no other registry receives the token. */
  readonly registry: string;
  /** A keyed hash of username and password: two tokens of one account may have other rights. */
  readonly accountHash: string;
  /** The token that the upstream granted. */
  readonly upstreamToken: string;
}

/** The content of a token that the mirror issues. */
export interface MirrorToken {
  /** Null for an anonymous client, and in a token for a path secret or user of this mirror. */
  readonly login: Login | null;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

type Locks = Pick<AccessConfig, "paths" | "users">;

/** @returns a token that only this mirror can read. */
export function sealMirrorToken(sealer: Sealer, token: MirrorToken): Promise<string> {
  return sealer.seal(PURPOSE, token);
}

/** @returns null if the token is not one of this mirror, or has expired. */
export async function openMirrorToken(
  sealer: Sealer,
  text: string | null,
  now: number,
): Promise<MirrorToken | null> {
  const record = text === null ? null : await sealer.open(PURPOSE, text);
  // Only this mirror seals for this purpose, so the content has the form of `sealMirrorToken`.
  const token = record as MirrorToken | null;
  return token !== null && token.expiresAt > now ? token : null;
}

/**
 * A token for a path secret or user is sealed with the secret itself: it is valid as long as that
 * is, and helps nobody to guess another one. The position in the list tells which one to try.
 */
export async function sealLockToken(
  { paths, users }: Locks,
  lock: NamedSecret,
  expiresAt: number,
): Promise<string> {
  const sealed = await sealMirrorToken(lockSealer(lock), { login: null, expiresAt });
  return `${[...paths, ...users].indexOf(lock)}.${sealed}`;
}

/** @returns the path secret or user of a token; null if it has expired or belongs to none of them. */
export async function openLockToken(
  { paths, users }: Locks,
  text: string | null,
  now: number,
): Promise<NamedSecret | null> {
  const [index, sealed = ""] = text?.split(".") ?? [];
  const lock = [...paths, ...users][Number(index)];
  if (lock === undefined) return null;
  return (await openMirrorToken(lockSealer(lock), sealed, now)) && lock;
}

function lockSealer({ name, secret }: NamedSecret): Sealer {
  return createSealer(JSON.stringify([name, secret]));
}

/**
 * @param realm of the mirror's own token service.
 * @param name the requested repository; null for `/v2/`.
 * @returns the challenge that makes a client ask the realm for a token.
 */
export function bearerChallenge(
  realm: string,
  name: string | null,
  message: string,
): RegistryError {
  const service = new URL(realm).host;
  const scope = name === null ? "" : `,scope="repository:${name}:pull"`;
  const challenge = `Bearer realm="${realm}",service="${service}"${scope}`;
  return new RegistryError("UNAUTHORIZED", message, { headers: { "www-authenticate": challenge } });
}
