import { readScheme } from "../../../src/protocol/challenge.ts";
import { textOf } from "../content.ts";
import type { Diagnosis } from "../finding.ts";
import type { Reply } from "../http/reply.ts";
import type { Target } from "../target.ts";
import { excerptOf, titleOf } from "./page.ts";

const DEPLOY_HERE =
  "deploy Sampan at this host (npm run deploy), or correct the address; an old Worker of the same name or route must go";

/** Registries by a header of theirs, or by what they call themselves in a challenge. */
const BY_NAME: readonly (readonly [RegExp, string])[] = [
  [/service="cloudflare-docker-proxy"/i, "cloudflare-docker-proxy"],
  [/service="harbor-registry"/i, "Harbor"],
  [/artifactory|jfrog/i, "Artifactory"],
  [/sonatype nexus/i, "Nexus"],
  [/service="gitlab|container_registry/i, "GitLab's registry"],
];

/**
 * @param reply of `/v2/`, or of anything that Sampan would have answered otherwise.
 * @returns what else seems to answer at this address.
 */
export function diagnoseOther(reply: Reply, target: Target): Diagnosis {
  const { headers, status } = reply;
  const challenge = headers.get("www-authenticate") ?? "";
  const all = [...headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const name = BY_NAME.find(([pattern]) => pattern.test(all))?.[1];
  if (name !== undefined) return other(`${name} answers, not Sampan`);
  const scheme = readScheme(challenge);
  const realm = scheme.kind === "bearer" ? URL.parse(scheme.realm) : null;
  if (realm !== null && realm.host !== target.origin.host) {
    return {
      what: `clients are sent to ${realm.host} for a token`,
      remedy: `where that host is blocked, every pull fails: this passes on the challenge of its upstream, which Sampan never does; ${DEPLOY_HERE}`,
    };
  }
  if (headers.has("docker-distribution-api-version")) return registry(status, realm !== null);
  const title = titleOf(textOf(reply));
  const page = title === null ? "" : ` and a page “${title}”`;
  const server = excerptOf(headers.get("server") ?? "");
  if (server === "") return other(`something else than Sampan answers, with ${status}${page}`);
  // Cloudflare says so of whatever is behind it.
  return /cloudflare/i.test(server)
    ? other(`something else than Sampan answers, behind Cloudflare, with ${status}${page}`)
    : other(`a web server (${server}) answers, with ${status}${page}`);
}

function registry(status: number, hasRealm: boolean): Diagnosis {
  if (hasRealm) return other("another mirror answers, which wants a token even for public images");
  return status === 401
    ? other("another registry answers, which wants a login")
    : other(
        "another registry or mirror answers: no challenge, but none of Sampan's marks, as of hammal or distribution's registry",
      );
}

function other(what: string): Diagnosis {
  return { what, remedy: DEPLOY_HERE };
}
