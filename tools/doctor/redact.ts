/** As src/config-access.ts wants it. */
const MIN_PATH_SECRET_LENGTH = 16;

/**
 * @returns whether what stands in an address may be a path secret, or one that was mistyped; a word
 * such as `secret` is none, and is one of the doctor's own as well.
 */
export function mayBeSecret(path: string): boolean {
  return path.length >= MIN_PATH_SECRET_LENGTH;
}

/**
 * @param secrets what may never be printed.
 * @returns a function that puts `…` in the place of each, however it is written in a URL or header.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const forms = secrets.flatMap((secret) => [secret, encodeURIComponent(secret), base64(secret)]);
  // The longest first: one may be a part of another.
  const hidden = [...new Set(forms)]
    .filter((form) => form !== "")
    .sort((a, b) => b.length - a.length);
  return (text) => hidden.reduce((shown, form) => shown.replaceAll(form, "…"), text);
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
