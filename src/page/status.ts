import { type HomeFacts, titleOf } from "./facts.ts";
import { LANGUAGES } from "./language.ts";
import { html, type Markup, prose } from "./markup.ts";
import type { Texts } from "./texts/en.ts";

const SECONDS_PER_HOUR = 3600;

/** How the mirror is: what it can reach, on whose quota, and for whom. */
export function statusSection(facts: HomeFacts, t: Texts): Markup {
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
  const hours = windowSeconds === null ? null : windowSeconds / SECONDS_PER_HOUR;
  const [left, all, time] = [remaining, limit, hours].map((count) =>
    count === null ? null : count.toLocaleString(LANGUAGES[language].tag),
  );
  return status.quotaOf(left ?? "", all ?? "", time ?? null);
}
