import { bodyResponse } from "../hub/respond.ts";
import { withHeaders } from "../hub/with-headers.ts";
import { answerAsStorage, answerPlainly, redirect, routeOf, type Stock } from "./plain.ts";
import { bearerOf, challenge, createTokens } from "./tokens.ts";
import type { Hosts } from "./world.ts";

export interface QuayOptions {
  /** What stands before the path in a `Link`: nothing, or an origin. */
  readonly linkOrigin?: string;
}

const SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws";
/** The digest of a manifest that was made up for one answer, and that nothing is kept under. */
const MADE_UP = `sha256:${"1".repeat(64)}`;

/**
 * quay.io: a realm with a path, a cursor of its own for pages, and a manifest of schema 1 for those
 * who take neither of the image's own types.
 */
export function createQuay(stock: Stock, { linkOrigin = "" }: QuayOptions = {}): Hosts {
  const tokens = createTokens("quay.io");
  function answerRegistry(request: Request): Response {
    const { kind, reference = "" } = routeOf(request) ?? {};
    if (kind === "blobs") {
      const path = `quayio-production-s3/sha256/3b/${encodeURIComponent(reference)}`;
      return redirect(`https://cdn03.quay.io/${path}?Signature=x`, 302);
    }
    const response = answerPlainly(request, stock);
    if (kind === "tags") return page(request, response);
    const accepted = request.headers.get("accept") ?? "";
    const type = response.headers.get("content-type") ?? "";
    if (kind !== "manifests" || response.status !== 200 || accepted.includes(type)) return response;
    const headers = { "content-type": SCHEMA_1, "docker-content-digest": MADE_UP };
    return bodyResponse(request.method, 200, '{"schemaVersion":1}', headers);
  }
  function page(request: Request, response: Response): Response {
    const { pathname, searchParams } = new URL(request.url);
    if (searchParams.get("next_page") === "gAAA-_=") return response;
    const link = `<${linkOrigin}${pathname}?next_page=gAAA-_%3D&n=1>; rel="next"`;
    return withHeaders(response, { link });
  }
  return {
    "quay.io": {
      welcomes: bearerOf("quay.io"),
      answer(request) {
        if (new URL(request.url).pathname === "/v2/auth") {
          return Response.json({ token: tokens.issue() });
        }
        const isGood = tokens.isGood(request.headers.get("authorization"));
        if (isGood) return answerRegistry(request);
        return challenge('Bearer realm="https://quay.io/v2/auth",service="quay.io"');
      },
    },
    "cdn03.quay.io": { answer: (request) => answerAsStorage(request, stock) },
  };
}
