/** @returns the JSON object (RFC 8259) that the bytes or the text are; null if they are not one. */
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
