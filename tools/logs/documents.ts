/** What stands in a stream of text: a JSON object, or a line that is none. */
export type Document =
  | { readonly json: Readonly<Record<string, unknown>> }
  | { readonly text: string };

/** An object that never ends would be gathered for ever. */
const MAX_LINES = 10_000;

/**
 * Takes objects out of lines: whole ones on a line, as the Worker writes them, and those that
 * `wrangler tail` spreads over many, from a lone `{` to a lone `}`.
 */
export async function* readDocuments(lines: AsyncIterable<string>): AsyncGenerator<Document> {
  let open: string[] = [];
  for await (const line of lines) {
    if (open.length === 0 && line !== "{") {
      yield documentOf(line);
      continue;
    }
    open.push(line);
    if (line !== "}" && open.length < MAX_LINES) continue;
    yield documentOf(open.join("\n"));
    open = [];
  }
  if (open.length > 0) yield documentOf(open.join("\n"));
}

function documentOf(text: string): Document {
  try {
    const json: unknown = text.trimStart().startsWith("{") ? JSON.parse(text) : null;
    return json === null ? { text } : { json: json as Record<string, unknown> };
  } catch {
    return { text };
  }
}
