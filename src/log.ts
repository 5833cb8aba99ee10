/** What a log line may tell. Names and numbers only; never a header, a query or a secret. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** Writes one JSON line. */
export type Log = (event: string, fields: LogFields) => void;

/** @returns a log on the console, where `wrangler tail` and Workers Logs read it. */
export function createLog(): Log {
  return (event, fields) => console.log(JSON.stringify({ event, ...fields }));
}

/**
 * @param cause anything that was thrown.
 * @returns what it says, in one line, with every URL cut down to its host: a query may be a
 * signature.
 */
export function describeCause(cause: unknown): string {
  return textOf(cause)
    .replace(/\s+/g, " ")
    .replace(/https?:\/\/[^\s"<>]*/gi, hostOnly)
    .replace(/\b(Bearer|Basic)\s+\S+/gi, "$1 …")
    .slice(0, 300);
}

function textOf(cause: unknown): string {
  if (cause instanceof Error) return `${cause.name}: ${cause.message}`;
  try {
    return String(cause);
  } catch {
    return `a thrown ${typeof cause}`;
  }
}

function hostOnly(url: string): string {
  const { protocol, host } = URL.parse(url) ?? {};
  return host ? `${protocol}//${host}/…` : "…";
}
