import { type HomeFacts, titleOf } from "./facts.ts";
import { html, type Markup } from "./markup.ts";
import type { Texts } from "./texts/en.ts";

/** The box for any image. It is of no use without the script, which shows it. */
export function imageSection(t: Texts): Markup {
  const { title, label, button, help } = t.image;
  return html`<section hidden><h2>${title}</h2>
<form id="image-form"><label for="image-text">${label}</label>
<input id="image-text" autocomplete="off" autocapitalize="none" spellcheck="false" \
placeholder="nginx:1.27" aria-describedby="image-help">
<button id="image-button">${button}</button></form>
<p class="note" id="image-help">${help}</p>
<p id="image-status" role="status"></p>
<div id="image-commands"></div><div id="image-facts"></div></section>`;
}

/** @returns the search box, as much in need of the script; null if the mirror has no search. */
export function searchSection({ search, registry }: HomeFacts, t: Texts): Markup | null {
  if (search === null) return null;
  const { title, label, button } = t.search;
  return html`<section hidden><h2>${title}</h2>
<form id="search-form"><label for="search-text">${label(titleOf(registry.name))}</label>
<input id="search-text" type="search" autocomplete="off">
<button>${button}</button></form>
<p id="search-status" role="status"></p><ul id="search-list"></ul></section>`;
}
