import { withHeaders } from "../hub/with-headers.ts";
import { answerAsStorage, answerPlainly, redirect, routeOf, type Stock } from "./plain.ts";
import { bearerOf, challenge, createTokens, type Tokens } from "./tokens.ts";
import type { Hosts } from "./world.ts";

const STORAGE = "nvcr-prod.s3.us-west-2.amazonaws.com";

/**
 * nvcr.io: a challenge without a service; to a token that it does not take, one with a realm
 * elsewhere. Its storage, here, sends a part without its length.
 */
export function createNvidia(stock: Stock): { hosts: Hosts; tokens: Tokens } {
  const tokens = createTokens("nvcr.io");
  function answer(request: Request): Response {
    const authorization = request.headers.get("authorization");
    if (new URL(request.url).pathname === "/proxy_auth") {
      return Response.json({ token: tokens.issue(), expires_in: 600 });
    }
    if (authorization === null) {
      return challenge(`Bearer realm="https://nvcr.io/proxy_auth",scope="repository:x:pull"`);
    }
    if (!tokens.isGood(authorization)) {
      return elsewhere("invalid_token");
    }
    const { kind, name, reference = "" } = routeOf(request) ?? {};
    if (name !== stock.name) return elsewhere("insufficient_scope");
    if (kind !== "blobs") return answerPlainly(request, stock);
    return redirect(`https://${STORAGE}/${encodeURIComponent(reference)}?X-Amz-Signature=x`);
  }
  function answerStorage(request: Request): Response {
    const response = answerAsStorage(request, stock);
    if (response.status !== 206) return response;
    // A stream has no length of its own, as an answer in chunks has none.
    const silent = withHeaders(response, { "content-length": null });
    return new Response(silent.body?.pipeThrough(new TransformStream()) ?? null, silent);
  }
  return {
    tokens,
    hosts: {
      "nvcr.io": { welcomes: bearerOf("nvcr.io"), answer },
      [STORAGE]: { answer: answerStorage },
    },
  };
}

function elsewhere(error: string): Response {
  const realm = 'realm="https://authn.nvidia.com/token"';
  return challenge(`Bearer ${realm},service="registry",error="${error}"`);
}
