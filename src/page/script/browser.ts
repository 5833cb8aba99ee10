/** The little of the browser that the page's script works with. */
export interface Browser {
  readonly document: PageDocument;
  readonly navigator: {
    /** Not there where the page is not from a safe origin. */
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
  textContent: string;
  className: string;
  lang: string;
  append(...children: readonly (PageElement | string)[]): void;
  replaceChildren(...children: readonly (PageElement | string)[]): void;
  /** Only for elements that every such element has. */
  querySelector(selector: string): PageElement;
  closest(selector: string): PageElement | null;
  setAttribute(name: string, value: string): void;
  addEventListener(type: string, listener: (event: { preventDefault(): void }) => void): void;
  focus(): void;
}

export interface PageResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}
