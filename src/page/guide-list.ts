import { type HomeFacts, titleOf } from "./facts.ts";
import type { Guide, Snippet, Step } from "./guides/guide.ts";
import { guidesFor } from "./guides/guides.ts";
import { html, type Markup, prose } from "./markup.ts";
import type { Texts } from "./texts/en.ts";

/** How each client is set up; the first one is open. */
export function guidesSection(facts: HomeFacts, t: Texts): Markup {
  const guides = guidesFor(facts, t).map((guide, index) => guideBlock(guide, index === 0));
  return html`<section><h2>${t.guides.title}</h2>
${registriesNote(facts, t)}${guides}</section>`;
}

/** @returns a text to copy; the script gives it a button. */
export function codeBlock({ title, text }: Snippet): Markup {
  return html`<div class="code"><p>${title}</p><pre><code>${text}</code></pre></div>`;
}

function guideBlock({ title, hint, steps }: Guide, isOpen: boolean): Markup {
  const open = isOpen ? html` open` : null;
  return html`<details${open}><summary><h3>${title}</h3>\
<span class="note">${hint}</span></summary><div>${steps.map(stepBlock)}</div></details>`;
}

function stepBlock({ text, code }: Step): Markup {
  return html`<p>${prose(text)}</p>${code === null ? null : codeBlock(code)}`;
}

/** @returns null where there is one registry, which the page tells of anyway. */
function registriesNote(
  { registry, otherRegistries }: HomeFacts,
  { guides }: Texts,
): Markup | null {
  if (otherRegistries.length === 0) return null;
  const names = [registry, ...otherRegistries].map(({ name }) => titleOf(name)).join(", ");
  const own = otherRegistries
    .filter(({ ownHosts }) => ownHosts.length > 0)
    .map(({ name, ownHosts }) => guides.ownHosts(titleOf(name), ownHosts.join(", ")));
  return html`<p>${[guides.registries(names), ...own].join(" ")}</p>`;
}
