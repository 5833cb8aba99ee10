/** A repository name that has passed `parseImageName`, e.g. `library/busybox`. */
export type Name = string & { readonly brand: "Name" };

/** The image name in a request path: everything before `/manifests/`, `/blobs/` and so on. */
export interface ImageName {
  /** Exactly as in the request, for answers that repeat the name. */
  readonly requestedName: string;
  /** The registry before the name (`docker.io/busybox`), or null. */
  readonly host: string | null;
  readonly name: Name;
}

const MAX_NAME_LENGTH = 255;

// OCI distribution-spec, "Pulling manifests": <name>.
const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);

/**
 * Parses a name as it is written in a request path. As in Docker's reference grammar, the first of
 * two or more components is a registry host if it has a `.` or `:` in it or is `localhost`.
 *
 * @returns null if the name is outside the grammar or longer than 255 characters.
 */
export function parseImageName(requestedName: string): ImageName | null {
  const host = hostOf(requestedName);
  const name = host === null ? requestedName : requestedName.slice(host.length + 1);
  return isName(name) ? { requestedName, host, name } : null;
}

/**
 * @returns a bare name inside `namespace` (`busybox` → `library/busybox`), others unchanged; null
 * if it would be too long.
 */
export function inNamespace(name: Name, namespace: string): Name | null {
  if (namespace === "" || name.includes("/")) return name;
  const full = `${namespace}/${name}`;
  return isName(full) ? full : null;
}

/** @returns null if the name is outside the grammar or longer than 255 characters. */
export function parseName(raw: string): Name | null {
  return isName(raw) ? raw : null;
}

/** @returns the first of two or more components if it is a registry host, else null. */
export function hostOf(name: string): string | null {
  const slash = name.indexOf("/");
  return slash > 0 && isHost(name.slice(0, slash)) ? name.slice(0, slash) : null;
}

/** @returns whether this first component of a longer name is a registry host. */
export function isHost(component: string): boolean {
  return /[.:]/.test(component) || component === "localhost";
}

function isName(raw: string): raw is Name {
  return raw.length <= MAX_NAME_LENGTH && NAME.test(raw);
}
