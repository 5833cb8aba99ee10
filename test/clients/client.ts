/** How a client is configured to use the mirror. */
export type Route =
  /** By name, in front of the image. */
  | "by name"
  /** As a mirror of docker.io, so that images keep their names. */
  | "for docker.io"
  /** As a mirror of each of `MIRRORED`; names are whole, with a registry or a host in front. */
  | "for each registry";

/** The registries that the mirror is configured for. */
export const MIRRORED = ["docker.io", "quay.io", "ghcr.io"] as const;

/** A name and a password. */
export interface Account {
  readonly user: string;
  readonly password: string;
}

/** The surroundings of a client. */
export interface Place {
  /** A directory of its own for its store and its login. */
  readonly home: string;
  /** Host and port of the mirror, with a path secret if there is one. */
  readonly host: string;
  readonly route: Route;
  /** Further hosts of the mirror, with their ports. */
  readonly otherHosts?: readonly string[];
  /** The login at the mirror, for clients that do not read Docker's file; null for none. */
  readonly login?: Account | null;
}

/** An image as the client's own store reports it. */
export interface Stored {
  /** Of the manifest or index that was pulled, maybe among others. */
  readonly digests: readonly string[];
  /** Null if the store does not report it. */
  readonly config: string | null;
}

/** An open store, empty at first. */
export interface Session {
  /** @param reference a tag or a digest. */
  pull(repository: string, reference: string): Promise<Stored>;
  close(): Promise<void>;
}

/** A client that keeps images in a store. */
export interface Client {
  readonly title: string;
  readonly missing: readonly string[];
  open(place: Place): Promise<Session>;
}

/** The image's full name by each route. The mirror completes a bare name. */
export function imageName(
  { host, route }: Pick<Place, "host" | "route">,
  repository: string,
  reference: string,
): string {
  const suffix = (reference.includes(":") ? "@" : ":") + reference;
  if (route === "for docker.io") return `docker.io/${repository}${suffix}`;
  if (route === "for each registry") return repository + suffix;
  return `${host}/${repository.replace(/^library\//, "")}${suffix}`;
}

/** The digests in a client's output, each once. */
export function digestsIn(text: string): string[] {
  return [...new Set(text.match(/sha256:[0-9a-f]{64}/g))];
}
