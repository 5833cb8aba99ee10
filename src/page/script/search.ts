import type { Browser, ElementFactory, PageElement, ScriptData } from "./browser.ts";
import type { FetchFromMirror } from "./mirror-client.ts";

/** The fields of the search API's response that the page shows. */
interface LooseResults {
  readonly results?: readonly LooseResult[];
}

interface LooseResult {
  readonly name: string;
  readonly description?: string;
  readonly star_count?: number;
  readonly is_official?: boolean;
}

/**
 * Starts the search box. Runs in the browser: it must not use anything outside of itself and its
 * parameters.
 *
 * @param path of the search API.
 * @param choose receives the image that the user picks from the results.
 */
export function startSearch(
  browser: Browser,
  path: string,
  { texts, language }: Pick<ScriptData, "texts" | "language">,
  elements: ElementFactory,
  fetchFromMirror: FetchFromMirror,
  choose: (image: string) => void,
): void {
  const find = (id: string) => browser.document.getElementById(id);
  const [input, status, list] = [find("search-text"), find("search-status"), find("search-list")];
  let latest = "";
  find("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim() !== "") search(input.value.trim());
  });

  async function search(text: string): Promise<void> {
    latest = text;
    list.replaceChildren();
    status.replaceChildren(texts.asking);
    const url = `${path}?q=${encodeURIComponent(text)}`;
    const response = await fetchFromMirror(url, "application/json");
    // A later search may have started during the request.
    if (text !== latest) return;
    const results = response.error === null ? ((response.json as LooseResults).results ?? []) : [];
    const found = `${texts.results} ${results.length}`;
    status.replaceChildren(response.error === null ? found : elements.createError(response));
    list.replaceChildren(...results.map(createItem));
  }

  function createItem(result: LooseResult): PageElement {
    const { name, description = "", star_count: stars = 0, is_official: isOfficial } = result;
    const about = `★ ${stars.toLocaleString(language)} ${isOfficial ? texts.official : ""}`;
    const item = elements.create("li");
    item.append(
      elements.createButton(name, "", () => choose(name)),
      elements.create("span", about, "note"),
      elements.create("p", description),
    );
    return item;
  }
}
