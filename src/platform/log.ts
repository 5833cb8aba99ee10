/** The fields of a log line: names and numbers, never a header, a query or a secret. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** Writes one JSON line. */
export type Log = (event: string, fields: LogFields) => void;

/** Logs to the console, from where `wrangler tail` and Workers Logs read it. */
export const consoleLog: Log = (event, fields) =>
  console.log(escapeInvisible(JSON.stringify({ event, ...fields })));

/**
 * @returns the text with control and format characters in the form of JSON. They could rearrange a
 * line in a terminal.
 */
export function escapeInvisible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (character) =>
    // Beyond U+FFFF it has two code units.
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

/**
 * @param cause anything that was thrown.
 * @returns its message on one line, without secrets: a URL is reduced to its host, since its query
 * may be a signature.
 */
export function describeCause(cause: unknown): string {
  return String(cause)
    .replace(/\s+/g, " ")
    .replace(/https?:\/\/[^\s"<>]*/gi, hostOnly)
    .replace(/\b(Bearer|Basic)\s+\S+/gi, "$1 …")
    .slice(0, 300);
}

function hostOnly(url: string): string {
  const { protocol, host } = URL.parse(url) ?? {};
  return host ? `${protocol}//${host}/…` : "…";
}
