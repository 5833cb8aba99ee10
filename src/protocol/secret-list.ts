/** One entry of a list of secrets: who it is for, and the secret itself. */
export interface NamedSecret {
  readonly name: string;
  readonly secret: string;
}

const NAME = /^[A-Za-z0-9._@-]{1,64}$/;

/**
 * Parses `name=secret`, separated by commas or line breaks. Several entries may have one name, so
 * that a secret can be rotated.
 *
 * @param isSecret what a secret may look like.
 * @returns null if an entry is malformed; which one is not told, since it holds a secret.
 */
export function parseSecretList(
  raw: string,
  isSecret: (secret: string) => boolean,
): NamedSecret[] | null {
  const entries = raw.split(/[,\r\n]+/).map((entry) => entry.trim());
  const secrets: NamedSecret[] = [];
  for (const entry of entries.filter((text) => text !== "")) {
    const at = entry.indexOf("=");
    const name = entry.slice(0, Math.max(at, 0)).trim();
    const secret = entry.slice(at + 1).trim();
    if (!NAME.test(name) || !isSecret(secret)) return null;
    secrets.push({ name, secret });
  }
  return secrets;
}
