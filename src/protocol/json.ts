/** @returns the JSON object (RFC 8259); null if the input is anything else. */
export function parseJsonObject(json: Uint8Array | string): Record<string, unknown> | null {
  try {
    const text = typeof json === "string" ? json : new TextDecoder().decode(json);
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
