import type { askMirror } from "./ask-mirror.ts";
import type { Browser, PageElement } from "./browser.ts";
import type { Kit } from "./create-kit.ts";
import type { ScriptData } from "./script-data.ts";

/** The search API's answer, as far as it is shown. */
interface Found {
  readonly results?: readonly Result[];
}

interface Result {
  readonly name: string;
  readonly description?: string;
  readonly star_count?: number;
  readonly is_official?: boolean;
}

/**
 * Starts the search box. It runs in the browser: all that it needs is inside, or handed in.
 *
 * @param url where the search API is.
 * @param choose is called with the image that was chosen.
 */
export function startSearch(
  browser: Browser,
  url: string,
  data: ScriptData,
  kit: Kit,
  ask: typeof askMirror,
  choose: (image: string) => void,
): void {
  const { texts, language } = data;
  const find = (id: string) => browser.document.getElementById(id);
  const [input, status, list] = [find("search-text"), find("search-status"), find("search-list")];
  let asked = "";
  find("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim() !== "") search(input.value.trim());
  });

  async function search(text: string): Promise<void> {
    asked = text;
    list.replaceChildren();
    status.replaceChildren(texts.asking);
    const query = `q=${encodeURIComponent(text)}`;
    const answer = await ask(browser, `${url}?${query}`, "application/json", data);
    // Something else may have been asked for in the meantime.
    if (text !== asked) return;
    const results = answer.error === null ? ((answer.json as Found).results ?? []) : [];
    const found = `${texts.results} ${results.length}`;
    status.replaceChildren(answer.error === null ? found : kit.createError(answer));
    list.replaceChildren(...results.map(createItem));
  }

  function createItem(result: Result): PageElement {
    const { name, description = "", star_count: stars = 0, is_official: isOfficial } = result;
    const about = `★ ${stars.toLocaleString(language)} ${isOfficial ? texts.official : ""}`;
    const item = kit.create("li");
    item.append(
      kit.createButton(name, "", () => choose(name)),
      kit.create("span", about, "note"),
      kit.create("p", description),
    );
    return item;
  }
}
