import { type HomeFacts, isPlainHost, type Lock, type Quota } from "../page/facts.ts";
import { renderHome } from "../page/home.ts";
import { pickLanguage } from "../page/language.ts";
import type { RateLimit } from "../upstream/rate-limit.ts";
import type { Context } from "./context.ts";
import type { Admission } from "./door.ts";
import { respondPage, respondText } from "./respond.ts";
import { isUpNow } from "./sighting.ts";

/** As in package.json. */
export const VERSION = "0.1.0";

/** Answers `/` with the page for people, in their language and for the host that they asked. */
export async function serveHome(
  context: Context,
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
  const page = await renderHome({ language, ...factsOf(context, url, admission) });
  return respondPage(page.html, page.csp, isHead);
}

function factsOf(
  context: Context,
  { host, protocol }: URL,
  { base, pathSecret }: Admission,
): Omit<HomeFacts, "language"> {
  const { access, naming, upstream, sealer, sighting, now } = context;
  const upstreamHost = upstream.url.host;
  return {
    scheme: protocol === "http:" ? "http" : "https",
    host,
    lock: lockOf(context, pathSecret),
    hasUsers: access.users.length > 0,
    hasUpstreamLogin: sealer !== null,
    api: base,
    search: null,
    registry: {
      name: naming.aliases[0] ?? upstreamHost,
      host: upstreamHost,
      namespace: naming.namespace,
    },
    otherRegistries: [],
    hasAccount: upstream.account !== null,
    quota: sighting.rateLimit === null ? null : readQuota(sighting.rateLimit),
    isUpstreamUp: isUpNow(sighting, now()),
    version: VERSION,
  };
}

function lockOf({ access }: Context, pathSecret: string | null): Lock {
  if (pathSecret !== null) return { kind: "path", secret: pathSecret };
  return { kind: access.users.length > 0 ? "login" : "none" };
}

function readQuota({ limit, remaining }: RateLimit): Quota {
  const [, seconds] = /;w=(\d+)/.exec(limit) ?? [];
  return {
    limit: Number.parseInt(limit, 10),
    remaining: Number.parseInt(remaining, 10),
    windowSeconds: seconds === undefined ? null : Number(seconds),
  };
}
