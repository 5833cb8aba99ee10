import { errorResponse } from "../hub/respond.ts";
import { answerAsStorage, answerPlainly, redirect, routeOf, type Stock } from "./plain.ts";
import { bearerOf, challenge, createTokens, type Tokens } from "./tokens.ts";
import type { Hosts } from "./world.ts";

const STORAGE = "d5l0dvt14r5h8.cloudfront.net";

/**
 * public.ecr.aws: HEAD of a blob is refused with 401 whoever asks, a token that has ended with 400
 * and without a challenge; several ranges are answered with the whole.
 */
export function createAmazon(stock: Stock): { hosts: Hosts; tokens: Tokens } {
  const tokens = createTokens("public.ecr.aws");
  function answer(request: Request): Response {
    const authorization = request.headers.get("authorization");
    if (new URL(request.url).pathname === "/token/") {
      return Response.json({ token: tokens.issue() });
    }
    if (authorization === null) return unauthorized();
    if (!tokens.isGood(authorization)) {
      const message = "Your authorization token has expired. Reauthenticate and try again.";
      return errorResponse(request.method, 400, "DENIED", message);
    }
    const { kind, reference = "" } = routeOf(request) ?? {};
    if (kind !== "blobs") return answerPlainly(request, stock);
    if (request.method === "HEAD") return unauthorized();
    return redirect(`https://${STORAGE}/docker/${encodeURIComponent(reference)}?Signature=x`);
  }
  return {
    tokens,
    hosts: {
      "public.ecr.aws": {
        welcomes: new RegExp(`${bearerOf("public.ecr.aws").source}|^Basic `),
        answer,
      },
      [STORAGE]: { answer: (request) => answerAsStorage(request, stock) },
    },
  };
}

function unauthorized(): Response {
  const realm = 'realm="https://public.ecr.aws/token/"';
  return challenge(`Bearer ${realm},service="public.ecr.aws",scope="aws"`);
}
