import { RegistryError } from "../protocol/errors.ts";
import type { Sealer } from "../protocol/seal.ts";

/** An account of the upstream that a client has logged in with. */
export interface Login {
  /** The name of the registry that it is an account of; no other is ever shown it. */
  readonly registry: string;
  /** A keyed hash of its name and password: two tokens of one account may not see the same. */
  readonly accountHash: string;
  /** What the upstream granted it. */
  readonly upstreamToken: string;
}

/** What a token of the mirror's own says: an account, or nobody in particular. */
export interface Ticket {
  readonly login: Login | null;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** @returns the ticket as a token that only this mirror can read. */
export function writeTicket(sealer: Sealer, ticket: Ticket): Promise<string> {
  return sealer.seal(ticket);
}

/** @returns null if the token is none of this mirror's, or has expired. */
export async function readTicket(
  sealer: Sealer,
  token: string | null,
  now: number,
): Promise<Ticket | null> {
  const record = token === null ? null : await sealer.open(token);
  const { login, expiresAt } = (record ?? {}) as Partial<Ticket>;
  return typeof expiresAt === "number" && expiresAt > now
    ? { login: login ?? null, expiresAt }
    : null;
}

/**
 * @param realm of the mirror's own token service.
 * @param name what the client wants to pull; null for `/v2/`.
 * @returns the challenge that makes a client ask the realm for a token.
 */
export function challenge(realm: string, name: string | null): RegistryError {
  const service = new URL(realm).host;
  const scope = name === null ? "" : `,scope="repository:${name}:pull"`;
  return new RegistryError("UNAUTHORIZED", "this mirror wants a token, which it gives to anybody", {
    headers: {
      "www-authenticate": `Bearer realm="${quotable(realm)}",service="${quotable(service)}"${scope}`,
    },
  });
}

/** A host may have quotes in it, as far as a URL is concerned. */
function quotable(text: string): string {
  return text.replaceAll('"', "%22");
}
