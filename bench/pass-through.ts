/**
 * A model of what cloudflare-docker-proxy does for Docker Hub, request by request: it keeps
 * nothing, has the client log in anonymously, and asks the upstream for everything.
 */
interface PassThroughEnv {
  readonly UPSTREAM: string;
}

const SERVICE = "pass-through";

export default {
  fetch(request, { UPSTREAM }) {
    const url = new URL(request.url);
    if (url.pathname === "/v2/") return ping(request, url, UPSTREAM);
    if (url.pathname === "/v2/auth") return brokerToken(request, url, UPSTREAM);
    const [, version, name, kind, reference, ...more] = url.pathname.split("/");
    if (reference !== undefined && more.length === 0) {
      const path = `/${version}/library/${name}/${kind}/${reference}`;
      return Response.redirect(new URL(path, url).href, 301);
    }
    return forward(request, url, UPSTREAM);
  },
} satisfies ExportedHandler<PassThroughEnv>;

/** The upstream is asked, and its challenge is answered with one that leads back here. */
async function ping(request: Request, url: URL, upstream: string): Promise<Response> {
  const answer = await fetch(`${upstream}/v2/`, { headers: authorizationOf(request) });
  return answer.status === 401 ? challenge(url) : answer;
}

/** Where tokens come from is asked for each time. */
async function brokerToken(request: Request, url: URL, upstream: string): Promise<Response> {
  const refusal = await fetch(`${upstream}/v2/`);
  const asked = refusal.headers.get("www-authenticate") ?? "";
  const [, realm = ""] = /realm="([^"]*)"/.exec(asked) ?? [];
  const [, service = ""] = /service="([^"]*)"/.exec(asked) ?? [];
  const tokens = new URL(realm);
  tokens.searchParams.set("service", service);
  const scope = url.searchParams.get("scope");
  if (scope !== null) tokens.searchParams.set("scope", withNamespace(scope));
  return fetch(tokens, { headers: authorizationOf(request) });
}

/** Manifests are passed on as they come; a blob's redirect is followed without the client's token. */
async function forward(request: Request, url: URL, upstream: string): Promise<Response> {
  const { method, headers } = request;
  const answer = await fetch(upstream + url.pathname, { method, headers, redirect: "manual" });
  if (answer.status === 401) return challenge(url);
  const location = answer.headers.get("location");
  return answer.status === 307 && location !== null ? fetch(location) : answer;
}

function challenge(url: URL): Response {
  const realm = `${url.origin}/v2/auth`;
  const headers = { "www-authenticate": `Bearer realm="${realm}",service="${SERVICE}"` };
  return Response.json({ message: "UNAUTHORIZED" }, { status: 401, headers });
}

function authorizationOf({ headers }: Request): Record<string, string> {
  const authorization = headers.get("authorization");
  return authorization === null ? {} : { authorization };
}

function withNamespace(scope: string): string {
  return scope.replace(/^repository:([^/:]+):/, "repository:library/$1:");
}
