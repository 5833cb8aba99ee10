import { answerAsStorage, answerPlainly, redirect, routeOf, type Stock } from "./plain.ts";
import { bearerOf, challenge, createTokens } from "./tokens.ts";
import type { Hosts } from "./world.ts";

const ISSUER = "docker-auth.elastic.co";
const STORAGE =
  "docker-registry-production.d24a988e385e0074d717b6bdaea58f0d.r2.cloudflarestorage.com";

/**
 * docker.elastic.co: its token service is another host of its domain, and gives an `access_token`
 * alone, whose life it does not tell.
 */
export function createElastic(stock: Stock): Hosts {
  const tokens = createTokens(ISSUER);
  return {
    "docker.elastic.co": {
      welcomes: bearerOf(ISSUER),
      answer(request) {
        if (!tokens.isGood(request.headers.get("authorization"))) {
          return challenge(`Bearer realm="https://${ISSUER}/auth",service="token-service"`);
        }
        const { kind, reference = "" } = routeOf(request) ?? {};
        if (kind !== "blobs") return answerPlainly(request, stock);
        return redirect(`https://${STORAGE}/${encodeURIComponent(reference)}?X-Amz-Signature=x`);
      },
    },
    [ISSUER]: {
      welcomes: /^Basic /,
      answer: () => Response.json({ token: "", access_token: tokens.issue() }),
    },
    [STORAGE]: { answer: (request) => answerAsStorage(request, stock) },
  };
}
