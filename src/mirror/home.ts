/** As in package.json. */
import { version } from "../../package.json";
import { type HomeFacts, isPlainHost, type Lock, type Quota } from "../page/facts.ts";
import { renderHome } from "../page/home.ts";
import { pickLanguage } from "../page/language.ts";
import type { QuotaMemory } from "../upstream/quota.ts";
import type { AccessConfig, Lobby } from "./context.ts";
import type { Admission } from "./door.ts";
import { type Registries, type Registry, registryOfHost } from "./registry.ts";
import { respondPage, respondText } from "./respond.ts";
import { isUpNow } from "./sighting.ts";

/** Answers `/` with the page for people, in their language and for the host that they asked. */
export async function serveHome(
  lobby: Lobby,
  { method, headers }: Request,
  url: URL,
  admission: Admission,
): Promise<Response> {
  const isHead = method === "HEAD";
  if (!isPlainHost(url.host)) {
    return respondText("This host name cannot stand in a command.", 400, isHead);
  }
  const asked = url.searchParams.get("lang");
  const language = pickLanguage(asked, headers.get("accept-language"));
  const page = await renderHome({
    language,
    ...accessFacts(lobby, url, admission),
    ...(await registryFacts(lobby, url.host)),
    search: searchPath(lobby, url.host, admission),
    version,
  });
  return respondPage(page.html, page.csp, isHead);
}

function accessFacts({ access, sealer }: Lobby, url: URL, { base, pathSecret }: Admission) {
  return {
    scheme: url.protocol === "http:" ? "http" : "https",
    host: url.host,
    lock: lockOf(access, pathSecret),
    hasUsers: access.users.length > 0,
    hasUpstreamLogin: sealer !== null,
    api: base,
  } satisfies Partial<HomeFacts>;
}

function lockOf({ users }: AccessConfig, pathSecret: string | null): Lock {
  if (pathSecret !== null) return { kind: "path", secret: pathSecret };
  return { kind: users.length > 0 ? "login" : "none" };
}

async function registryFacts(lobby: Lobby, host: string) {
  const { registries, sightings, now } = lobby;
  const registry = registryOfHost(registries, host);
  const others = registries.all.filter((other) => other !== registry);
  return {
    registry: { name: registry.name, host: registry.url.host, namespace: registry.namespace },
    otherRegistries: others.map(({ name, url }) => ({
      name,
      host: url.host,
      ownHosts: ownHosts(registries, name),
    })),
    hasAccount: registry.account !== null,
    quota: quotaOf((await lobby.enter(registry)).upstream.quota, now()),
    isUpstreamUp: isUpNow(sightings.get(registry.name), now()),
  } satisfies Partial<HomeFacts>;
}

function ownHosts({ byHost }: Registries, name: Registry["name"]): string[] {
  return [...byHost].filter(([, registry]) => registry.name === name).map(([host]) => host);
}

/** @returns null if the upstream has told none that still says anything. */
function quotaOf({ seen }: QuotaMemory, now: number): Quota | null {
  return seen === null || now >= seen.until ? null : seen;
}

/** Only where what is found is what a name means: the search is that of the primary registry. */
function searchPath(
  { hasSearch, registries }: Lobby,
  host: string,
  { pathSecret }: Admission,
): string | null {
  if (!hasSearch || registryOfHost(registries, host) !== registries.primary) return null;
  return `${pathSecret === null ? "" : `/${pathSecret}`}/v1/search`;
}
