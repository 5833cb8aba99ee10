import { version } from "../../package.json";
import { type Registries, registryOfHost } from "../config/registries.ts";
import { type HomeFacts, isPlainHost, type Lock } from "../page/facts.ts";
import { renderHome } from "../page/home.ts";
import { pickLanguage } from "../page/language.ts";
import { isLoopback } from "../protocol/origin.ts";
import type { Services } from "../services.ts";
import type { UpstreamUsage } from "../upstream/upstream.ts";
import { type Answer, pageAnswer, textAnswer } from "./answer.ts";
import type { ClientRequest } from "./target.ts";

/** Long enough to look at the page after a pull. */
const RECENT_MS = 15 * 60 * 1000;

/** GET and HEAD `/`: the page for people, in their language and for the requested host. */
export async function serveHome(services: Services, client: ClientRequest): Promise<Answer> {
  const { url, headers } = client;
  if (!isPlainHost(url.host)) {
    return textAnswer(400, "This host name cannot be used in a command.");
  }
  const requestedLanguage = url.searchParams.get("lang");
  const page = await renderHome({
    language: pickLanguage(requestedLanguage, headers.get("accept-language")),
    ...accessFacts(services, client),
    ...registryFacts(services, url.host),
    search: searchPath(services, client),
    version,
  });
  return pageAnswer(page.html, page.csp);
}

/** Records the state of a registry after a request. */
export function recordHealth(
  { upstreamHealth, platform }: Services,
  registry: string,
  { isUp, quota }: UpstreamUsage,
): void {
  if (isUp === null) return;
  const last = upstreamHealth.get(registry)?.quota ?? null;
  upstreamHealth.set(registry, { isUp, seenAt: platform.now(), quota: quota ?? last });
}

function accessFacts({ config, sealer }: Services, { url, pathSecret, basePath }: ClientRequest) {
  const hasUsers = config.access.users.length > 0;
  return {
    // Commands for another machine must not use plain http.
    scheme: url.protocol === "http:" && isLoopback(url.hostname) ? "http" : "https",
    host: url.host,
    lock: lockOf(pathSecret, hasUsers, config.access.networks.length > 0),
    hasUsers,
    hasUpstreamLogin: sealer !== null,
    api: basePath,
  } satisfies Partial<HomeFacts>;
}

function lockOf(pathSecret: string | null, hasUsers: boolean, hasNetworks: boolean): Lock {
  if (pathSecret !== null) return { kind: "path", secret: pathSecret };
  if (hasUsers) return { kind: "login" };
  return { kind: hasNetworks ? "network" : "none" };
}

function registryFacts({ config, upstreamHealth, platform }: Services, host: string) {
  const { registries } = config;
  const registry = registryOfHost(registries, host);
  const health = upstreamHealth.get(registry.name);
  const now = platform.now();
  const { isUp = false, seenAt = 0, quota = null } = health ?? {};
  return {
    registry: {
      name: registry.name,
      host: registry.endpoints[0].url.host,
      namespace: registry.namespace,
    },
    otherRegistries: registries.all
      .filter((other) => other !== registry)
      .map(({ name, endpoints: [{ url }] }) => {
        return { name, host: url.host, ownHosts: ownHosts(registries, name) };
      }),
    hasAccount: registry.endpoints.some(({ account }) => account !== null),
    hasKv: config.hasKv,
    quota: quota !== null && now < quota.until ? quota : null,
    isUpstreamUp: now - seenAt > RECENT_MS ? null : isUp,
  } satisfies Partial<HomeFacts>;
}

function ownHosts({ byHost }: Registries, name: string): string[] {
  return [...byHost].filter(([, registry]) => registry.name === name).map(([host]) => host);
}

/** The search is that of the primary registry, so other hosts have none. */
function searchPath({ config }: Services, { url, pathSecret }: ClientRequest): string | null {
  const { hasSearch, registries } = config;
  if (!hasSearch || registryOfHost(registries, url.host) !== registries.primary) return null;
  return `${pathSecret === null ? "" : `/${pathSecret}`}/v1/search`;
}
