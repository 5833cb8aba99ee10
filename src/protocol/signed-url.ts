/** ISO 8601, basic format: `20260115T120000Z`. */
const BASIC_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/**
 * Reads when a signed URL of a storage expires: of AWS (Signature Version 4) and Google (V4), which
 * have the time of signing and a lifetime, of CloudFront (`Expires`) or Azure (`se`).
 *
 * @returns milliseconds since 1970; null if the URL does not say.
 */
export function signatureExpiry({ searchParams }: URL): number | null {
  const get = (name: string) => searchParams.get(name) ?? "";
  const seconds = (name: string) => Number(/^\d{1,11}$/.exec(get(name)) ?? Number.NaN);
  const lifetimes = ["Amz", "Goog"].map((vendor) => {
    const date = get(`X-${vendor}-Date`).replace(BASIC_DATE, "$1-$2-$3T$4:$5:$6Z");
    return Date.parse(date) + seconds(`X-${vendor}-Expires`) * 1000;
  });
  const ends = [...lifetimes, seconds("Expires") * 1000, Date.parse(get("se"))];
  return ends.find(Number.isFinite) ?? null;
}
