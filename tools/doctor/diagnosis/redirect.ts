import type { Diagnosis } from "../finding.ts";
import type { Reply } from "../http/reply.ts";
import type { Target } from "../target.ts";

/** @returns what a redirect in place of an answer means; null if it is none. */
export function diagnoseRedirect(
  { status, url, headers }: Reply,
  target: Target,
): Diagnosis | null {
  const location = headers.get("location");
  if (status < 300 || status > 399 || status === 304 || location === null) return null;
  const to = URL.parse(location, url.href);
  if (to?.protocol === "https:" && url.protocol === "http:" && to.hostname === url.hostname) {
    return {
      what: `${status}: plain HTTP is sent on to https`,
      remedy: `use https://${target.origin.hostname} in the doctor and in every client`,
    };
  }
  if (to?.host === url.host && /^\/v2\/library\//.test(to.pathname)) {
    return {
      what: `${status}: a bare name is redirected to library/`,
      remedy:
        "that is cloudflare-docker-proxy or one like it; Sampan answers bare names without a redirect: deploy it at this host",
    };
  }
  return {
    what: `${status}: the client is sent on to ${to?.host ?? "nowhere"}`,
    remedy:
      "clients that cannot reach that host fail, and containerd takes no redirect of a manifest: find the rule or proxy that redirects (Rules → Redirect Rules); Sampan itself never does",
  };
}
