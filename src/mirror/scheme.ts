import type { Share } from "../cache/flight.ts";
import { schemeKey } from "../cache/keys.ts";
import type { SchemeCache } from "../cache/scheme.ts";
import { isSameScheme, readScheme, type Scheme } from "../protocol/challenge.ts";
import { discoverScheme, trustedRealm } from "../upstream/scheme.ts";
import type { Origin } from "../upstream/upstream.ts";

export interface SchemeDeps {
  readonly upstream: Origin;
  readonly schemes: SchemeCache;
  readonly share: Share;
  /** Whether the upstream is one that another redirects to: it is asked nothing beforehand. */
  readonly isElsewhere?: boolean;
}

/** A scheme, and whether another one was known before. */
export interface Finding {
  readonly scheme: Scheme;
  readonly isNews: boolean;
}

const OPEN: Scheme = { kind: "open" };

/** @returns how the upstream wants to be asked, as remembered or as it says now. */
export async function knownScheme(deps: SchemeDeps): Promise<Scheme> {
  const key = keyOf(deps);
  const near = deps.schemes.peek(key);
  if (near !== null) return near;
  return deps.share(key, async () => {
    const known = await deps.schemes.read(key);
    if (known && isTrusted(deps, known)) return known;
    if (deps.isElsewhere) return OPEN;
    const scheme = await discoverScheme(deps.upstream);
    remember(deps, scheme);
    return scheme;
  });
}

/** @returns how the upstream wants to be asked, as far as it costs nothing to know. */
export async function firstScheme(deps: SchemeDeps): Promise<Scheme> {
  return deps.isElsewhere ? (deps.schemes.peek(keyOf(deps)) ?? OPEN) : knownScheme(deps);
}

/**
 * What a refusal demands, remembered if it is news. Without a challenge (gcr.io) it is what is
 * known, or what `/v2/` says now. A realm that is not to be trusted (nvcr.io's, for any token that
 * it does not take) counts for nothing beside one that is.
 *
 * @param challenge the `WWW-Authenticate`, or null.
 */
export async function demandedScheme(deps: SchemeDeps, challenge: string | null): Promise<Finding> {
  const known = await knownScheme(deps);
  const demanded = readScheme(challenge);
  if (demanded.kind === "open" && known.kind === "open") return rediscover(deps, known);
  const isUseless = demanded.kind !== "bearer" || !isTrusted(deps, demanded);
  return news(deps, known, isUseless && known.kind !== "open" ? known : demanded);
}

/** @returns what the upstream asks for now, remembered if it is news; `known` if it does not say. */
export async function rediscover(deps: SchemeDeps, known: Scheme): Promise<Finding> {
  const flight = `${keyOf(deps)} anew`;
  const work = deps.share(flight, () => discoverScheme(deps.upstream));
  return news(deps, known, await work.catch(() => known));
}

function news(deps: SchemeDeps, known: Scheme, scheme: Scheme): Finding {
  const isNews = !isSameScheme(scheme, known);
  if (isNews) remember(deps, scheme);
  return { scheme, isNews };
}

/** A realm that is not to be trusted is an error now, and must not be one for days. */
function remember(deps: SchemeDeps, scheme: Scheme): void {
  if (isTrusted(deps, scheme)) deps.schemes.write(keyOf(deps), scheme);
}

function isTrusted({ upstream }: SchemeDeps, scheme: Scheme): boolean {
  return scheme.kind !== "bearer" || trustedRealm(scheme.realm, upstream.url) !== null;
}

function keyOf({ upstream }: SchemeDeps): string {
  return schemeKey(upstream.url.host);
}
