/** @returns the text on one line, with nothing in it that could steer a terminal. */
export function printable(text: string): string {
  return text.replace(/\s+/g, " ").replace(/\p{Cc}/gu, "?");
}
