import { errorResponse } from "../hub/respond.ts";
import { answerAsStorage, answerPlainly, redirect, routeOf, type Stock } from "./plain.ts";
import { bearerOf, challenge, createTokens, type Tokens } from "./tokens.ts";
import type { Hosts } from "./world.ts";

/**
 * gcr.io and Artifact Registry: a 401 without a challenge to anything but `/v2/`, relative redirects
 * to a storage on the same host, 400 to several ranges, 403 to what is not there.
 */
export function createGoogle(host: string, stock: Stock): { hosts: Hosts; tokens: Tokens } {
  const tokens = createTokens(host);
  function answer(request: Request): Response {
    const { pathname } = new URL(request.url);
    if (pathname === "/v2/token") {
      return Response.json({ token: tokens.issue(), expires_in: 43_200 });
    }
    if (pathname.startsWith("/artifacts-downloads/")) return answerDownload(request, stock);
    if (pathname === "/v2/") {
      return challenge(`Bearer realm="https://${host}/v2/token",service=${host}`);
    }
    if (!tokens.isGood(request.headers.get("authorization"))) {
      return errorResponse(request.method, 401, "UNAUTHORIZED", "unauthorized");
    }
    const { kind, name, reference } = routeOf(request) ?? {};
    if (name !== stock.name) return errorResponse(request.method, 403, "DENIED", "may not exist");
    if (kind !== "blobs") return answerPlainly(request, stock);
    return redirect(`/artifacts-downloads/namespaces/x/downloads/${reference}`, 302);
  }
  return { tokens, hosts: { [host]: { welcomes: bearerOf(host), answer } } };
}

function answerDownload(request: Request, stock: Stock): Response {
  if (request.headers.get("range")?.includes(",")) return new Response(null, { status: 400 });
  const headers = new Headers(request.headers);
  headers.delete("authorization");
  return answerAsStorage(new Request(request.url, { method: request.method, headers }), stock);
}
