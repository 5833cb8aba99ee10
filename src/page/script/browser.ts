import type { Texts } from "../texts/en.ts";
import type { MirrorNames } from "./parse-image.ts";

/**
 * The part of the browser's API that the script uses. It is declared here because the Worker has no
 * DOM types.
 */
export interface Browser {
  readonly document: PageDocument;
  readonly navigator: {
    /** Missing if the page has no secure origin. */
    readonly clipboard?: { writeText(text: string): Promise<void> };
  };
  readonly fetch: (
    url: string,
    init?: { readonly headers: Readonly<Record<string, string>> },
  ) => Promise<PageResponse>;
  getSelection(): { selectAllChildren(element: PageElement): void } | null;
}

export interface PageDocument {
  /** Only for elements that every page has. */
  getElementById(id: string): PageElement;
  querySelectorAll(selector: string): Iterable<PageElement>;
  createElement(tag: string): PageElement;
}

export interface PageElement {
  hidden: boolean;
  disabled: boolean;
  value: string;
  /** Of a text area. */
  rows: number;
  readonly childNodes: Iterable<PageElement>;
  textContent: string;
  className: string;
  lang: string;
  append(...children: readonly (PageElement | string)[]): void;
  replaceChildren(...children: readonly (PageElement | string)[]): void;
  /** Only for elements that every such element has. */
  querySelector(selector: string): PageElement;
  closest(selector: string): PageElement | null;
  setAttribute(name: string, value: string): void;
  addEventListener(type: string, listener: (event: PageEvent) => void): void;
  focus(): void;
}

export interface PageEvent {
  preventDefault(): void;
  /** Of a keyboard event. */
  readonly key?: string;
  readonly shiftKey?: boolean;
  /** Whether an input method uses the key. */
  readonly isComposing?: boolean;
}

export interface PageResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** Rejects if the body is not JSON. */
  json(): Promise<LooseResponse>;
}

/** The fields of any JSON response that the script reads. */
export interface LooseResponse {
  readonly errors?: readonly { readonly code?: string; readonly message?: string }[];
  readonly token?: string;
}

/** The script's input; the page contains it as JSON. */
export interface ScriptData {
  readonly names: MirrorNames;
  /** Path of the registry API. */
  readonly api: string;
  /** Path of the search API; null if search is off. */
  readonly search: string | null;
  /** For numbers and the `lang` attribute. */
  readonly language: string;
  readonly texts: Texts["script"] & { readonly copy: string };
}

/** A failed request, as the page reports it. */
export interface Failure {
  /** In the language of the page. */
  readonly error: string;
  /** The mirror's own message, in English; empty without one. */
  readonly detail: string;
  /** 0 without a response. */
  readonly status: number;
}

/** Creates the elements of the page. */
export interface ElementFactory {
  create(tag: string, text?: string, className?: string): PageElement;
  createError(failure: Failure): PageElement;
  /** @returns a block with a text to copy, like those of the page. */
  createCode(title: string, text: string): PageElement;
  /** @param about distinguishes the button from others with the same text; may be empty. */
  createButton(text: string, about: string, onClick: () => void): PageElement;
  /** @param code a block with a text to copy, `div.code`. */
  addCopyButton(code: PageElement): void;
}

export function createElementFactory(
  browser: Browser,
  texts: { readonly copy: string; readonly copied: string; readonly selected: string },
): ElementFactory {
  const { document } = browser;
  const status = document.getElementById("copy-status");
  return { create, createError, createCode, createButton, addCopyButton };

  function create(tag: string, text = "", className = ""): PageElement {
    const element = document.createElement(tag);
    element.textContent = text;
    element.className = className;
    return element;
  }

  function createError({ error, detail }: Failure): PageElement {
    const box = create("div", "", "error");
    box.append(create("b", error), Object.assign(create("span", detail), { lang: "en" }));
    return box;
  }

  function createButton(text: string, about: string, onClick: () => void): PageElement {
    const button = create("button");
    button.setAttribute("type", "button");
    button.addEventListener("click", onClick);
    label(button, text, about);
    return button;
  }

  /** The visible text comes first in the accessible name (WCAG 2.5.3). */
  function label(button: PageElement, text: string, about: string): void {
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
    // Many blocks are titled "Shell": the name of the guide or section distinguishes them.
    const place = code
      .closest("details:not(.fold),section:has(>h2)")
      ?.querySelector("h3,h2").textContent;
    const title = [place, code.querySelector("p").textContent].filter(Boolean).join(", ");
    const text = code.querySelector("pre");
    const button = createButton(texts.copy, title, async () => {
      const { clipboard } = browser.navigator;
      const isCopied = await clipboard?.writeText(text.textContent).then(
        () => true,
        () => false,
      );
      if (!isCopied) browser.getSelection()?.selectAllChildren(text);
      const result = isCopied ? texts.copied : texts.selected;
      label(button, result, title);
      status.replaceChildren(result);
    });
    button.addEventListener("blur", () => label(button, texts.copy, title));
    code.append(button);
  }
}
