import { answerPlainly, type Stock } from "./plain.ts";
import { challenge, createTokens } from "./tokens.ts";
import type { Hosts } from "./world.ts";

export interface OddOptions {
  /** Of every refusal. */
  readonly challenge: string;
  /** What the token service, at any path that begins with `/token`, answers; a token unless said. */
  readonly answerToken?: (request: Request) => Response;
}

export const ODD = "registry.example";

/** A registry, its token service on the same host, in whatever odd way. */
export function createOdd(stock: Stock, options: OddOptions): Hosts {
  const tokens = createTokens(ODD);
  const answerToken = options.answerToken ?? (() => Response.json({ token: tokens.issue() }));
  function answer(request: Request): Response {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/token")) return answerToken(request);
    const isGood = tokens.isGood(request.headers.get("authorization"));
    return isGood ? answerPlainly(request, stock) : challenge(options.challenge);
  }
  return { [ODD]: { welcomes: /^(Basic|Bearer) /, answer } };
}
