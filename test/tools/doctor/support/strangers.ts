/** What answers in the mirror's place, whatever is asked. */
export interface Stranger {
  readonly what: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly evidence: RegExp;
  readonly remedy: RegExp;
}

export const REGISTRY = {
  "docker-distribution-api-version": "registry/2.0",
  "content-type": "application/json",
};
const PAGE = { "content-type": "text/html; charset=UTF-8" };
const CLOUDFLARE = { ...PAGE, server: "cloudflare", "cf-ray": "8a1b2c3d4e5f6789-FRA" };
const UNAUTHORIZED = '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}';

export const STRANGERS: readonly Stranger[] = [
  {
    what: "nginx",
    status: 200,
    headers: { ...PAGE, server: "nginx/1.27.0" },
    body: "<!DOCTYPE html><title>Welcome to nginx!</title>",
    evidence:
      /^200, but not of a registry: a web server \(nginx\/1\.27\.0\) answers, with 200 and a page “Welcome to nginx!”$/,
    remedy: /correct the address/,
  },
  {
    what: "a page without a server's name, whose title steers a terminal and has no end",
    status: 200,
    headers: PAGE,
    body: `<html><TITLE lang="en">\n  My\u001b[2J\u009bfiles ${"and more ".repeat(90)}</TITLE></html>`,
    evidence:
      /^200, but .*: something else than Sampan answers, with 200 and a page “My\?\[2J\?files (?:and more )+.{0,8}…”$/,
    remedy: /correct the address/,
  },
  {
    what: "another page behind Cloudflare",
    status: 200,
    headers: CLOUDFLARE,
    body: "<html><title>My blog</title></html>",
    evidence:
      /^200, but .*: something else than Sampan answers, behind Cloudflare, with 200 and a page “My blog”$/,
    remedy: /deploy Sampan at this host/,
  },
  {
    what: "a page that says nothing",
    status: 200,
    headers: PAGE,
    body: "<html><title></title></html>",
    evidence: /^200, but .*: something else than Sampan answers, with 200$/,
    remedy: /correct the address/,
  },
  {
    what: "a web server without a registry",
    status: 404,
    headers: { ...PAGE, server: "Caddy" },
    body: "<html>not found</html>",
    evidence: /^404 a web page: a web server \(Caddy\)/,
    remedy: /deploy Sampan at this host/,
  },
  {
    what: "cloudflare-docker-proxy",
    status: 401,
    headers: {
      "content-type": "text/plain;charset=UTF-8",
      "www-authenticate":
        'Bearer realm="https://mirror.example.com/v2/auth",service="cloudflare-docker-proxy"',
    },
    body: '{"message":"UNAUTHORIZED"}',
    evidence: /^401 to \/v2\/: cloudflare-docker-proxy answers, not Sampan$/,
    remedy: /an old Worker/,
  },
  {
    what: "Docker Hub's own challenge passed on",
    status: 401,
    headers: {
      ...REGISTRY,
      "www-authenticate":
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"',
    },
    body: UNAUTHORIZED,
    evidence: /^401 to \/v2\/: clients are sent to auth\.docker\.io for a token$/,
    remedy: /every pull fails/,
  },
  {
    what: "Harbor",
    status: 401,
    headers: {
      ...REGISTRY,
      "www-authenticate":
        'Bearer realm="https://harbor.example.com/service/token",service="harbor-registry"',
    },
    body: UNAUTHORIZED,
    evidence: /Harbor answers, not Sampan/,
    remedy: /correct the address/,
  },
  {
    what: "a registry with a login of its own",
    status: 401,
    headers: { ...REGISTRY, "www-authenticate": 'Basic realm="Sonatype Nexus Repository Manager"' },
    body: UNAUTHORIZED,
    evidence: /^401 with a Basic challenge: the mirror is locked/,
    remedy: /--user name:token/,
  },
  {
    what: "a misconfigured mirror",
    status: 500,
    headers: REGISTRY,
    body: '{"errors":[{"code":"UNKNOWN","message":"the mirror is misconfigured: TAG_TTL_SECONDS must be a whole number of seconds from 0 to 315360000","detail":{}}]}',
    evidence: /^500 UNKNOWN: the mirror is misconfigured: TAG_TTL_SECONDS must be a whole number/,
    remedy: /correct that variable \(docs\/configuration\.md\)/,
  },
  {
    what: "a mirror without its KV namespace",
    status: 500,
    headers: REGISTRY,
    body: '{"errors":[{"code":"UNKNOWN","message":"the mirror is misconfigured: CACHE is not bound to a KV namespace","detail":{}}]}',
    evidence: /CACHE is not bound/,
    remedy: /\[\[kv_namespaces\]\]/,
  },
  {
    what: "a mirror that does not serve this network",
    status: 403,
    headers: REGISTRY,
    body: '{"errors":[{"code":"DENIED","message":"this mirror does not serve your network","detail":{}}]}',
    evidence: /^403 DENIED: this mirror does not serve your network/,
    remedy: /ACCESS_NETWORKS/,
  },
  {
    what: "a challenge for humans",
    status: 403,
    headers: { ...CLOUDFLARE, "cf-mitigated": "challenge" },
    body: "<!DOCTYPE html><title>Just a moment...</title>",
    evidence: /challenges you to prove that you are human/,
    remedy: /Bot Fight Mode/,
  },
  {
    what: "a warning of phishing",
    status: 200,
    headers: CLOUDFLARE,
    body: "<html><title>Suspected phishing site | Cloudflare</title></html>",
    evidence: /warns of phishing/,
    remedy: /ask for a review/,
  },
  {
    what: "Cloudflare Access",
    status: 302,
    headers: {
      ...CLOUDFLARE,
      location: "https://team.cloudflareaccess.com/cdn-cgi/access/login/mirror.example.com",
    },
    evidence: /^302 Cloudflare Access asks for a login/,
    remedy: /Bypass policy/,
  },
  {
    what: "a firewall's page",
    status: 403,
    headers: CLOUDFLARE,
    body: "<html><title>Attention Required! | Cloudflare</title>Sorry, you have been blocked</html>",
    evidence: /firewall blocks you/,
    remedy: /Security → Events/,
  },
  {
    what: "the free plan's end of the day",
    status: 429,
    headers: { "content-type": "text/plain; charset=UTF-8", server: "cloudflare" },
    body: "error code: 1027",
    evidence: /^429 Cloudflare error 1027: the free plan's 100,000 requests/,
    remedy: /midnight UTC/,
  },
  {
    what: "a rate limit of the zone",
    status: 429,
    headers: { "content-type": "application/json; charset=utf-8", server: "cloudflare" },
    body: '{"type":"https://developers.cloudflare.com/…","title":"Error 1015: You are being rate limited","status":429,"error_code":1015}',
    evidence: /^429 Cloudflare error 1015: a rate limit of the zone/,
    remedy: /Rate limiting/,
  },
  {
    what: "an exception of the Worker",
    status: 500,
    headers: CLOUDFLARE,
    body: '<html><title>Worker threw exception | mirror.example.com | Cloudflare</title><span class="cf-error-code">1101</span></html>',
    evidence: /^500 Cloudflare error 1101: the Worker threw/,
    remedy: /npm run logs/,
  },
  {
    what: "too much CPU",
    status: 503,
    headers: { ...PAGE, server: "cloudflare" },
    body: "error code: 1102",
    evidence: /1102: the Worker exceeded its CPU time/,
    remedy: /10 ms/,
  },
  {
    what: "a host that leads to a server that is not there",
    status: 522,
    headers: CLOUDFLARE,
    body: "<html><title>mirror.example.com | 522: Connection timed out</title></html>",
    evidence: /^522 Cloudflare error 522: it cannot reach a server/,
    remedy: /custom domain/,
  },
  {
    what: "a host without anything behind it",
    status: 530,
    headers: { "content-type": "text/plain; charset=UTF-8", server: "cloudflare" },
    body: "error code: 1016",
    evidence: /^530 Cloudflare error 1016: the host leads nowhere/,
    remedy: /custom domain/,
  },
  {
    what: "a name at which no Worker is",
    status: 404,
    headers: { "content-type": "text/plain; charset=UTF-8", server: "cloudflare" },
    body: "error code: 1042",
    evidence: /1042: no Worker answers at this name/,
    remedy: /workers_dev = true/,
  },
  {
    what: "a redirect of the zone",
    status: 301,
    headers: { ...CLOUDFLARE, location: "https://www.example.com/v2/" },
    evidence: /^301: the client is sent on to www\.example\.com/,
    remedy: /Redirect Rules/,
  },
  {
    what: "something that makes no sense",
    status: 418,
    headers: { "content-type": "text/plain" },
    body: "short and\n\u001b[31mstout",
    evidence: /^GET was answered 418 \(text\/plain\): short and \?\[31mstout$/,
    remedy: /npm run logs/,
  },
];
