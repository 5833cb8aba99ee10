import { DOCKER_HUB, type HomeFacts, prefixOf, sampleOf, titleOf } from "./facts.ts";
import { desktopGuide, dockerGuide, nasGuide } from "./guides/docker.ts";
import { codeBlock, type Guide, guideBlock, present, shell } from "./guides/guide.ts";
import { containerdGuide, kubernetesGuide } from "./guides/kubernetes.ts";
import {
  buildkitGuide,
  craneGuide,
  kanikoGuide,
  podmanGuide,
  skopeoGuide,
} from "./guides/tools.ts";
import { LANGUAGES } from "./language.ts";
import { html, json, type Markup, prose, verbatim } from "./markup.ts";
import type { ScriptData } from "./script/browser.ts";
import { SCRIPT } from "./script/script.ts";
import { STYLE } from "./style.ts";
import { en, type Texts } from "./texts/en.ts";
import { zh } from "./texts/zh.ts";

const SECONDS_PER_HOUR = 3600;

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
<meta name="robots" content="noindex,nofollow">
<title>${facts.host} · Sampan</title><link rel="icon" href="data:,">
<style>${verbatim(STYLE)}</style></head>
<body>${body(facts, t)}
<script type="application/json" id="data">${json(scriptData(facts, t))}</script>
<script>${verbatim(SCRIPT)}</script></body></html>
`;
  return { html: page.html, csp: await policy() };
}

async function policy(): Promise<string> {
  const [style, script] = await Promise.all([STYLE, SCRIPT].map(sourceOf));
  return [
    "default-src 'none'",
    `style-src ${style}`,
    `script-src ${script}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** @returns the source expression that allows exactly this text (CSP Level 3, section 2.3.1). */
async function sourceOf(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(hash)))}'`;
}

function scriptData(facts: HomeFacts, t: Texts): ScriptData {
  const { registry, otherRegistries, host, api, search, language } = facts;
  return {
    names: {
      prefix: prefixOf(facts),
      registry: [...new Set([registry.name, registry.host])],
      others: otherRegistries.map(({ name }) => name),
      hub: DOCKER_HUB,
    },
    own: [...new Set([prefixOf(facts), host])],
    api,
    search,
    language: LANGUAGES[language].tag,
    texts: { ...t.script, copy: t.copy },
  };
}

function body(facts: HomeFacts, t: Texts): Markup {
  return html`<header><b>Sampan</b>${languageLink(facts)}</header><main>${introduction(facts, t)}
${imageSection(t)}${searchSection(facts, t)}${guidesSection(facts, t)}${checkSection(facts, t)}
${statusSection(facts, t)}</main>
<footer><p>${t.independent}</p><p>Sampan ${facts.version}</p></footer>
<p id="copy-status" role="status"></p>`;
}

function languageLink({ language }: HomeFacts): Markup {
  const other = language === "en" ? "zh" : "en";
  const { name, tag } = LANGUAGES[other];
  return html`<a href="?lang=${other}" lang="${tag}" hreflang="${tag}">${name}</a>`;
}

function introduction(facts: HomeFacts, t: Texts): Markup {
  const upstream = titleOf(facts.registry.name);
  const pull = shell(`docker pull ${prefixOf(facts)}/${sampleOf(facts)}`);
  return html`<h1>${facts.host}</h1><p class="lead">${t.intro(upstream)}</p>
${codeBlock(pull)}<p>${t.try(upstream)}</p>`;
}

/** The box for any image; hidden until the script runs. */
function imageSection(t: Texts): Markup {
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

/** @returns the search box, hidden until the script runs; null if search is off. */
function searchSection({ search, registry }: HomeFacts, t: Texts): Markup | null {
  if (search === null) return null;
  const { title, label, button } = t.search;
  return html`<section hidden><h2>${title}</h2>
<form id="search-form"><label for="search-text">${label(titleOf(registry.name))}</label>
<input id="search-text" type="search" autocomplete="off">
<button>${button}</button></form>
<p id="search-status" role="status"></p><ul id="search-list"></ul></section>`;
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
  if (facts.lock.kind === "login") return [dockerGuide(facts, t)];
  return present(
    dockerGuide(facts, t),
    desktopGuide(facts, t),
    containerdGuide(facts, t),
    kubernetesGuide(facts, t),
    podmanGuide(facts, t),
    buildkitGuide(facts, t),
    kanikoGuide(facts, t),
    skopeoGuide(facts, t),
    craneGuide(facts, t),
    nasGuide(facts, t),
  );
}

/** @returns null for a single registry, which the introduction names. */
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

/** How to check that the mirror is used; null if every request needs a login. */
function checkSection(facts: HomeFacts, t: Texts): Markup | null {
  const { scheme, host, api, lock } = facts;
  if (facts.hasUpstreamLogin || lock.kind === "login") return null;
  const url = `${scheme}://${host}${api}${sampleOf(facts)}/manifests/latest`;
  const command = shell(`curl -sI ${url} | grep -i cache-status`);
  return html`<section><h2>${t.check.title}</h2>
${codeBlock(command)}<p>${prose(t.check.text)}</p></section>`;
}

/** The mirror's state: upstream, account, quota and lock. */
function statusSection(facts: HomeFacts, t: Texts): Markup {
  const { status } = t;
  const account = facts.hasAccount ? status.hasAccount : status.noAccount;
  const access = { none: status.open, path: status.locked, login: status.login };
  return html`<section><h2>${status.title}</h2>
<dl><dt>${status.upstream}</dt>${upstreamState(facts, t)}
<dt>${status.account}</dt><dd>${prose(account)}</dd>
<dt>${status.quota}</dt><dd>${quotaText(facts, t)}</dd>
<dt>${status.access}</dt><dd>${access[facts.lock.kind]}</dd></dl></section>`;
}

function upstreamState({ registry, isUpstreamUp }: HomeFacts, { status }: Texts): Markup {
  const upstream = titleOf(registry.name);
  if (isUpstreamUp === null) return html`<dd>${status.unasked(upstream)}</dd>`;
  return isUpstreamUp
    ? html`<dd class="up">${status.up(upstream)}</dd>`
    : html`<dd class="down">${status.down(upstream)}</dd>`;
}

function quotaText({ quota, language }: HomeFacts, { status }: Texts): string {
  if (quota === null) return status.noQuota;
  const { remaining, limit, windowSeconds } = quota;
  const format = (count: number) => count.toLocaleString(LANGUAGES[language].tag);
  const hours = windowSeconds === null ? null : format(windowSeconds / SECONDS_PER_HOUR);
  return status.quotaOf(format(remaining), format(limit), hours);
}
