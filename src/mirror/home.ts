import { version } from "../../package.json";
import { registryOfHost } from "../config/registries.ts";
import { isPlainHost } from "../page/facts.ts";
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
export async function serveHome(
  { config, sealer, upstreamHealth, platform }: Services,
  { url, headers, pathSecret, basePath }: ClientRequest,
): Promise<Answer> {
  const { host } = url;
  if (!isPlainHost(host)) return textAnswer(400, "This host name cannot be used in a command.");
  const { access, registries } = config;
  const registry = registryOfHost(registries, host);
  const hasUsers = access.users.length > 0;
  const openLock = hasUsers ? "login" : access.networks.length > 0 ? "network" : "none";
  const { isUp = null, seenAt = 0, quota = null } = upstreamHealth.get(registry.name) ?? {};
  const now = platform.now();
  const page = await renderHome({
    language: pickLanguage(url.searchParams.get("lang"), headers.get("accept-language")),
    // Commands for another machine must not use plain http.
    scheme: url.protocol === "http:" && isLoopback(url.hostname) ? "http" : "https",
    host,
    prefix: pathSecret === null ? host : `${host}/${pathSecret}`,
    lock: pathSecret === null ? openLock : "path",
    hasUsers,
    hasUpstreamLogin: sealer !== null,
    api: basePath,
    // The search is that of the primary registry, so other hosts have none.
    search:
      config.hasSearch && registry === registries.primary
        ? basePath.replace(/v2\/$/, "v1/search")
        : null,
    registry,
    otherRegistries: registries.all
      .filter((other) => other !== registry)
      .map((other) => ({
        ...other,
        ownHosts: [...registries.byHost.keys()].filter(
          (own) => registries.byHost.get(own) === other,
        ),
      })),
    hasAccount: registry.endpoints.some(({ account }) => account !== null),
    hasKv: config.hasKv,
    quota: quota !== null && now < quota.until ? quota : null,
    isUpstreamUp: now - seenAt > RECENT_MS ? null : isUp,
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
