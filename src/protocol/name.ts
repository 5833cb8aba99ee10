/** A repository name that has passed `parseImageName`, e.g. `library/busybox`. */
export type Name = string & { readonly brand: "Name" };

/** What stands before `/manifests/`, `/blobs/` … in a path, taken apart. */
export interface ImageName {
  /** Exactly as the client asked, for answers that repeat the name. */
  readonly asked: string;
  /** The registry in front of the name (`docker.io/busybox`), or null. */
  readonly host: string | null;
  readonly name: Name;
}

const MAX_NAME_LENGTH = 255;

// OCI distribution-spec, "Pulling manifests": <name>.
const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);

/**
 * Parses a name as it stands in a request path. As in Docker's reference grammar, the first of
 * two or more components is a registry host if it has a `.` or `:` in it or is `localhost`.
 *
 * @returns null if the name is outside the grammar or longer than 255 characters.
 */
export function parseImageName(asked: string): ImageName | null {
  const host = hostOf(asked);
  const name = host === null ? asked : asked.slice(host.length + 1);
  return isName(name) ? { asked, host, name } : null;
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

/** @returns null if it is outside the grammar or longer than 255 characters. */
export function parseName(raw: string): Name | null {
  return isName(raw) ? raw : null;
}

/** @returns the first of two or more components, if that is a registry's; null if it is not. */
export function hostOf(name: string): string | null {
  const slash = name.indexOf("/");
  return slash > 0 && isHost(name.slice(0, slash)) ? name.slice(0, slash) : null;
}

/** @returns whether the first component of a longer name is a registry's. */
export function isHost(component: string): boolean {
  return /[.:]/.test(component) || component === "localhost";
}

function isName(raw: string): raw is Name {
  return raw.length <= MAX_NAME_LENGTH && NAME.test(raw);
}
