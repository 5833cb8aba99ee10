/** The lines before and after what a tool writes into a document. */
export type Marks = readonly [begin: string, end: string];

/**
 * @returns the document with other text between the marks.
 * @throws Error if it does not have both, in this order.
 */
export function replaceSection(document: string, [begin, end]: Marks, text: string): string {
  const from = document.indexOf(begin);
  const to = document.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`The document does not have ${begin} and ${end}.`);
  return `${document.slice(0, from + begin.length)}\n${text}\n${document.slice(to)}`;
}

/** @returns the text between the marks. */
export function sectionOf(document: string, [begin, end]: Marks): string {
  const from = document.indexOf(begin) + begin.length;
  return document.slice(from, document.indexOf(end, from)).trim();
}
