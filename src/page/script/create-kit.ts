import type { Failed } from "./ask-mirror.ts";
import type { Browser, PageElement } from "./browser.ts";

/** What the page's elements are made with. */
export interface Kit {
  /** @returns a new element with text in it; no text for an empty one. */
  create(tag: string, text?: string, className?: string): PageElement;
  /** @returns what went wrong, in the language that it is told in. */
  createError(failed: Failed): PageElement;
  /** @returns a new text to copy, like those that the page came with. */
  createCode(title: string, text: string): PageElement;
  /** @returns a new button; `about` tells it from others with the same text. */
  createButton(text: string, about: string, onClick: () => void): PageElement;
  /** Gives a text to copy, `div.code`, its button. */
  addCopyButton(code: PageElement): void;
}

/** The page says it when something was copied. */
export interface KitTexts {
  readonly copy: string;
  readonly copied: string;
  /** Where a page may not copy, it selects. */
  readonly selected: string;
}

/** It runs in the browser: all that it needs is inside. */
export function createKit(browser: Browser, texts: KitTexts): Kit {
  const { document } = browser;
  const status = document.getElementById("copy-status");
  return { create, createError, createCode, createButton, addCopyButton };

  function create(tag: string, text = "", className = ""): PageElement {
    const element = document.createElement(tag);
    element.textContent = text;
    element.className = className;
    return element;
  }

  function createError({ error, lang }: Failed): PageElement {
    return Object.assign(create("span", error), { lang });
  }

  function createButton(text: string, about: string, onClick: () => void): PageElement {
    const button = create("button");
    button.setAttribute("type", "button");
    button.addEventListener("click", onClick);
    name(button, text, about);
    return button;
  }

  /** What is seen comes first in what is read out. */
  function name(button: PageElement, text: string, about: string): void {
    button.textContent = text;
    button.setAttribute("aria-label", about === "" ? text : `${text}: ${about}`);
  }

  function createCode(title: string, text: string): PageElement {
    const [code, pre] = [create("div", "", "code"), create("pre")];
    pre.append(create("code", text));
    code.append(create("p", title), pre);
    addCopyButton(code);
    return code;
  }

  function addCopyButton(code: PageElement): void {
    // Many of them go to a shell: it is named which guide or section they are of.
    const place = code.closest("details,section")?.querySelector("h3,h2").textContent;
    const title = [place, code.querySelector("p").textContent].filter(Boolean).join(", ");
    const text = code.querySelector("pre");
    const button = createButton(texts.copy, title, async () => {
      const isCopied = await copy(text.textContent).catch(() => false);
      if (!isCopied) browser.getSelection()?.selectAllChildren(text);
      const said = isCopied ? texts.copied : texts.selected;
      name(button, said, title);
      status.replaceChildren(said);
    });
    // What it said is old news once something else is looked at.
    button.addEventListener("blur", () => name(button, texts.copy, title));
    code.append(button);
  }

  async function copy(text: string): Promise<boolean> {
    await browser.navigator.clipboard?.writeText(text);
    return browser.navigator.clipboard !== undefined;
  }
}
