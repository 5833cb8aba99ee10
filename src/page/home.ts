import { DOCKER_HUB, type HomeFacts, sampleOf, titleOf } from "./facts.ts";
import { dockerGuide, isDaemonMirror, nasGuide } from "./guides/docker.ts";
import { type Guide, guideBlock, present, shell } from "./guides/guide.ts";
import { containerdGuide, kubernetesGuide } from "./guides/kubernetes.ts";
import { buildkitGuide, podmanGuide } from "./guides/tools.ts";
import { LANGUAGES } from "./language.ts";
import { html, json, type Markup, prose, verbatim } from "./markup.ts";
import type { ScriptData } from "./script/browser.ts";
import { SCRIPT } from "./script/script.ts";
import { STYLE } from "./style.ts";
import { en, type Texts } from "./texts/en.ts";
import { zh } from "./texts/zh.ts";

/** A page and its policy: its own style and script, and requests to this mirror only. */
export interface Page {
  readonly html: string;
  /** `Content-Security-Policy` (CSP Level 3). */
  readonly csp: string;
}

/**
 * Renders the home page as one document without further resources. Every value is escaped.
 *
 * @param facts `host` must have passed `isPlainHost`: it becomes part of commands.
 */
export async function renderHome(facts: HomeFacts): Promise<Page> {
  const t = facts.language === "zh" ? zh : en;
  const page = html`<!doctype html>
<html lang="${LANGUAGES[facts.language].tag}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${facts.host} · Sampan</title><link rel="icon" href="data:,">
<style>${verbatim(STYLE)}</style></head>
<body>${body(facts, t)}
${scripts(scriptData(facts, t))}</body></html>
`;
  return { html: page.html, csp: await policy() };
}

/** No tagged template: the bundler adds code of its own to one with an end tag of `script`. */
function scripts(data: ScriptData): Markup {
  return verbatim(`<script type="application/json" id="data">${json(data)}</script>
<script>${SCRIPT}</script>`);
}

async function policy(): Promise<string> {
  const [style, script] = await Promise.all([STYLE, SCRIPT].map(sourceOf));
  return `default-src 'none'; style-src ${style}; script-src ${script}; connect-src 'self'; \
img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

/** @returns the source expression that allows exactly this text (CSP Level 3, section 2.3.1). */
async function sourceOf(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(hash)))}'`;
}

function scriptData(facts: HomeFacts, t: Texts): ScriptData {
  const { registry, otherRegistries, api, search, language } = facts;
  return {
    names: {
      prefix: facts.prefix,
      registry: [...new Set([registry.name, registry.endpoints[0].url.host])],
      others: otherRegistries.map(({ name }) => name),
      hub: DOCKER_HUB,
    },
    api,
    search,
    language: LANGUAGES[language].tag,
    texts: { ...t.script, copy: t.copy },
  };
}

function body(facts: HomeFacts, t: Texts): Markup {
  return html`<header><b>Sampan</b>${languageLink(facts)}</header><main><h1>${facts.host}</h1>
${statusLine(facts, t)}${setupNotice(facts, t)}${imageSection(facts, t)}${guidesSection(facts, t)}\
${checkSection(facts, t)}</main>
<footer><p>${t.independent}</p><p>Sampan ${facts.version}</p></footer>
<p id="copy-status" role="status"></p>`;
}

function languageLink({ language }: HomeFacts): Markup {
  const other = language === "en" ? "zh" : "en";
  const { name, tag } = LANGUAGES[other];
  return html`<a href="?lang=${other}" lang="${tag}">${name}</a>`;
}

/** The mirror's state: upstream, pulls, account and lock. */
function statusLine(facts: HomeFacts, { status }: Texts): Markup {
  const { registry, isUpstreamUp: isUp, hasAccount, lock } = facts;
  const name = titleOf(registry.name);
  const upstream = isUp === false ? `${name} ${status.down}` : name;
  const dot =
    isUp === false
      ? html`<span class="down" aria-hidden="true">▲</span>`
      : html`<span class="${isUp ? "up" : "unasked"}" role="img" \
aria-label="${isUp ? status.up : status.unasked}">${isUp ? "●" : "○"}</span>`;
  const { open, login, locked } = status;
  const access = { none: open, login, path: locked, network: locked };
  const parts = present(
    upstream,
    pullsLeft(facts, status),
    !hasAccount && status.noAccount,
    access[lock],
  );
  const notes = present(isUp === false && status.stale, lock === "path" && status.secret);
  return html`<p class="status">${dot} ${parts.join(" · ")}</p>
${notes.map((note) => html`<p class="note">${note}</p>`)}`;
}

/** @returns null if the upstream reported nothing recently. */
function pullsLeft({ quota, language }: HomeFacts, status: Texts["status"]): string | null {
  const format = (count: number) => count.toLocaleString(LANGUAGES[language].tag);
  return quota && status.quota(format(quota.remaining), format(quota.limit));
}

/** What the mirror's owner still has to set up; null for nothing, or a mirror on this machine. */
function setupNotice(facts: HomeFacts, { setup }: Texts): Markup | null {
  const { hasKv, hasAccount, lock, registry, scheme } = facts;
  const missing = present(
    !hasKv && setup.store,
    !hasAccount && registry.name === DOCKER_HUB && setup.account,
    lock === "none" && setup.lock,
  );
  if (missing.length === 0 || scheme === "http") return null;
  const items = missing.map((text) => html`<li>${prose(text)}</li>`);
  return html`<aside><h2>${setup.title}</h2><p>${setup.where}</p><ul>${items}</ul></aside>`;
}

/** The box for any text, which is hidden until the script runs, and a command without it. */
function imageSection(facts: HomeFacts, { image }: Texts): Markup {
  const pull = shell(`docker pull ${facts.prefix}/${sampleOf(facts)}`);
  return html`<section><form id="image-form" hidden>
<label for="image-text">${image.label(facts.search !== null)}</label>
<textarea id="image-text" rows="1" autocomplete="off" autocapitalize="none" spellcheck="false" \
placeholder="nginx:1.27"></textarea><button>${image.button}</button></form>
<p id="image-status" role="status"></p><div id="image-commands">${pull}</div>
<div id="image-output"></div><div id="image-matches"></div></section>`;
}

/** The setup of each client; the first one is open. */
function guidesSection(facts: HomeFacts, t: Texts): Markup {
  const guides = guidesFor(facts, t).map((guide, index) => guideBlock(guide, index === 0));
  return html`<section><h2>${t.guides.title}</h2>
${registriesNote(facts, t)}${guides}</section>`;
}

/**
 * The most common clients first. No browser can open a page that only users can open, so that page
 * is limited to Docker; docs/access.md describes the other clients.
 */
function guidesFor(facts: HomeFacts, t: Texts): Guide[] {
  if (facts.lock === "login") return [dockerGuide(facts, t)];
  return [
    dockerGuide(facts, t),
    nasGuide(facts, t),
    containerdGuide(facts, t),
    kubernetesGuide(facts, t),
    podmanGuide(facts, t),
    buildkitGuide(facts, t),
  ];
}

/** @returns null for a single registry, which the status line names. */
function registriesNote(facts: HomeFacts, { guides }: Texts): Markup | null {
  const { registry, otherRegistries } = facts;
  if (otherRegistries.length === 0) return null;
  const others = otherRegistries.map(({ name, ownHosts }) =>
    [titleOf(name), ...ownHosts.map((host) => `(${host})`)].join(" "),
  );
  return html`<p>${guides.registries([titleOf(registry.name), ...others].join(", "))}</p>`;
}

/** How to check that the mirror is used. */
function checkSection(facts: HomeFacts, { check }: Texts): Markup {
  const texts = present(isDaemonMirror(facts) && check.info, check.log);
  return html`<section><h2>${check.title}</h2><p>${prose(texts.join(" "))}</p></section>`;
}
