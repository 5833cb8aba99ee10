/** AWS Signature Version 4 and Google's V4 signatures: the time of signing and a lifetime. */
const DATE_AND_LIFETIME = [
  ["X-Amz-Date", "X-Amz-Expires"],
  ["X-Goog-Date", "X-Goog-Expires"],
] as const;

/**
 * Reads when a signed URL of a storage expires: of AWS, Google, CloudFront (`Expires`) or Azure
 * (`se`).
 *
 * @returns milliseconds since 1970; null if the URL does not say.
 */
export function signatureExpiry({ searchParams }: URL): number | null {
  for (const [dateName, lifetimeName] of DATE_AND_LIFETIME) {
    const date = parseBasicDate(searchParams.get(dateName));
    const lifetime = parseSeconds(searchParams.get(lifetimeName));
    if (date !== null && lifetime !== null) return date + lifetime * 1000;
  }
  const expires = parseSeconds(searchParams.get("Expires"));
  if (expires !== null) return expires * 1000;
  const end = Date.parse(searchParams.get("se") ?? "");
  return Number.isNaN(end) ? null : end;
}

/** ISO 8601, basic format: `20260115T120000Z`. */
function parseBasicDate(raw: string | null): number | null {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(raw ?? "");
  if (parts === null) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function parseSeconds(raw: string | null): number | null {
  return /^\d{1,11}$/.test(raw ?? "") ? Number(raw) : null;
}
