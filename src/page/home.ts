import { digestOf } from "../protocol/digest.ts";
import { ALL_TYPES, acceptHeader } from "../protocol/media-type.ts";
import { imageSection, searchSection } from "./boxes.ts";
import { DOCKER_HUB, type HomeFacts, prefixOf, sampleOf, titleOf } from "./facts.ts";
import { codeBlock, guidesSection } from "./guide-list.ts";
import { shell } from "./guides/guide.ts";
import { LANGUAGES } from "./language.ts";
import { html, json, type Markup, prose, verbatim } from "./markup.ts";
import { SCRIPT } from "./script/script.ts";
import type { ScriptData } from "./script/script-data.ts";
import { statusSection } from "./status.ts";
import { STYLE } from "./style.ts";
import { en, type Texts } from "./texts/en.ts";
import { zh } from "./texts/zh.ts";

/** A page and the policy that it needs: its own style and script, requests to this mirror alone. */
export interface Page {
  readonly html: string;
  /** `Content-Security-Policy` (CSP Level 3). */
  readonly csp: string;
}

/**
 * Makes the page for people, whole: it asks for nothing to be shown. Every value is escaped.
 *
 * @param facts `host` must have passed `isPlainHost`: it stands in commands.
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

/** @returns the source expression that allows just this text (CSP Level 3, section 2.3.1). */
async function sourceOf(text: string): Promise<string> {
  const digest = await digestOf(new TextEncoder().encode(text));
  return `'sha256-${Uint8Array.fromHex(digest.slice("sha256:".length)).toBase64()}'`;
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

/** How to see that the mirror is used; not where every request needs a login. */
function checkSection(facts: HomeFacts, t: Texts): Markup | null {
  const { scheme, host, api, lock } = facts;
  if (facts.hasUpstreamLogin || lock.kind === "login") return null;
  const url = `${scheme}://${host}${api}${sampleOf(facts)}/manifests/latest`;
  const command = shell(`curl -sI ${url} | grep -i cache-status`);
  return html`<section><h2>${t.check.title}</h2>
${codeBlock(command)}<p>${prose(t.check.text)}</p></section>`;
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
    manifestTypes: acceptHeader(ALL_TYPES),
    language: LANGUAGES[language].tag,
    texts: { ...t.script, copy: t.copy },
  };
}
