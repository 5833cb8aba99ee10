import { withHeaders } from "../hub/with-headers.ts";
import { answerAsStorage, answerPlainly, redirect, routeOf, type Stock } from "./plain.ts";
import { bearerOf, challenge, createTokens, type Tokens } from "./tokens.ts";
import type { Hosts } from "./world.ts";

export interface KubernetesOptions {
  /** Whether the region wants a token. */
  readonly isChallenging?: boolean;
  /** The realm that it names then, if not its own. */
  readonly realm?: string;
  /** Whether the storage has the layers; if not, the region is asked for them. */
  readonly hasStorage?: boolean;
}

export const REGION = "us-west1-docker.pkg.dev";
const PREFIX = "k8s-artifacts-prod/images";
const STORAGE = "prod-registry-k8s-io-us-west-1.s3.dualstack.us-west-1.amazonaws.com";

/**
 * registry.k8s.io: it has nothing itself. All is redirected to an Artifact Registry in some region,
 * under another name and without the query; layers that S3 has, to S3.
 */
export function createKubernetes(
  stock: Stock,
  options: KubernetesOptions = {},
): { hosts: Hosts; tokens: Tokens } {
  const tokens = createTokens(REGION);
  const regional = { ...stock, name: `${PREFIX}/${stock.name}` };
  const { isChallenging = false, hasStorage = true } = options;
  const realm = options.realm ?? `https://${REGION}/v2/token`;
  function answerRegion(request: Request): Response {
    const { pathname, search } = new URL(request.url);
    if (pathname === "/v2/token") return Response.json({ token: tokens.issue() });
    const isRefused = isChallenging && !tokens.isGood(request.headers.get("authorization"));
    if (isRefused) return challenge(`Bearer realm="${realm}",service="${REGION}"`);
    const response = answerPlainly(request, regional);
    if (routeOf(request)?.kind !== "tags" || search !== "?n=1") return response;
    return withHeaders(response, {
      link: `<https://${REGION}${pathname}?n=1&last=3.9>; rel="next"`,
    });
  }
  function answer(request: Request): Response {
    const { pathname } = new URL(request.url);
    const { kind, reference = "" } = routeOf(request) ?? {};
    if (pathname === "/v2/")
      return new Response(null, { headers: { "content-type": "text/html" } });
    if (kind === "blobs" && hasStorage) {
      return redirect(`https://${STORAGE}/containers/images/${encodeURIComponent(reference)}`);
    }
    return redirect(`https://${REGION}/v2/${PREFIX}${pathname.slice("/v2".length)}`);
  }
  return {
    tokens,
    hosts: {
      "registry.k8s.io": { answer },
      [REGION]: { welcomes: bearerOf(REGION), answer: answerRegion },
      [STORAGE]: { answer: (request) => answerAsStorage(request, stock) },
    },
  };
}
