import { errorResponse } from "../hub/respond.ts";
import { answerAsStorage, answerPlainly, redirect, routeOf, type Stock } from "./plain.ts";
import { bearerOf, challenge, createTokens } from "./tokens.ts";
import type { Hosts } from "./world.ts";

export interface GhcrOptions {
  /** `Authorization` of the only account, which may read nothing private. */
  readonly account?: string;
}

const CHALLENGE =
  'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull"';
const STORAGE = "pkg-containers.githubusercontent.com";

/**
 * ghcr.io: its token service answers 403 both to a wrong password and to a repository that is not
 * there or private; a token's life is not told; a manifest is not there for who does not accept it.
 */
export function createGhcr(stock: Stock, { account }: GhcrOptions = {}): Hosts {
  const tokens = createTokens("ghcr.io");
  function answerToken(request: Request): Response {
    const authorization = request.headers.get("authorization");
    if (authorization !== null && authorization !== account) return denied("denied");
    const scope = new URL(request.url).searchParams.get("scope");
    const isFree = scope === null || scope === `repository:${stock.name}:pull`;
    if (!isFree) return denied("requested access to the resource is denied");
    return Response.json({ token: tokens.issue() });
  }
  function answerRegistry(request: Request): Response {
    if (!tokens.isGood(request.headers.get("authorization"))) return challenge(CHALLENGE);
    const { kind, reference } = routeOf(request) ?? {};
    const signed = `https://${STORAGE}/ghcr1/blobs/${reference}?sig=Signature=x`;
    if (kind === "blobs" && stock.image.blobs.has(reference ?? "")) return redirect(signed);
    const response = answerPlainly(request, stock);
    const accepted = request.headers.get("accept") ?? "*/*";
    const isAccepted = accepted.includes(response.headers.get("content-type") ?? "");
    if (kind !== "manifests" || isAccepted) return response;
    const message = "OCI index found, but Accept header does not support OCI indexes";
    return errorResponse(request.method, 404, "MANIFEST_UNKNOWN", message);
  }
  return {
    "ghcr.io": {
      welcomes: new RegExp(`${bearerOf("ghcr.io").source}|^Basic `),
      answer(request) {
        const isToken = new URL(request.url).pathname === "/token";
        return isToken ? answerToken(request) : answerRegistry(request);
      },
    },
    [STORAGE]: { answer: (request) => answerAsStorage(request, stock) },
  };
}

function denied(message: string): Response {
  return errorResponse("GET", 403, "DENIED", message);
}
