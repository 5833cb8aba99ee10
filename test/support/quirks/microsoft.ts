import { withHeaders } from "../hub/with-headers.ts";
import { answerAsStorage, answerPlainly, redirect, routeOf, type Stock } from "./plain.ts";
import type { Hosts } from "./world.ts";

const STORAGE = "eastus.data.mcr.microsoft.com";
const PAGE = "<?xml version='1.0'?><Error><Code>BlobNotFound</Code></Error>";

/**
 * mcr.microsoft.com: no token for anything. Here its types have a charset, HEAD tells no digest, and
 * what is not there is a page of the storage behind it.
 */
export function createMicrosoft(stock: Stock): Hosts {
  function answer(request: Request): Response {
    const { kind, reference = "" } = routeOf(request) ?? {};
    if (kind === "blobs") {
      return redirect(`https://${STORAGE}/01031d61e1024861/${encodeURIComponent(reference)}?sig=x`);
    }
    const response = answerPlainly(request, stock);
    if (response.status === 404) {
      return new Response(PAGE, { status: 404, headers: { "content-type": "text/html" } });
    }
    const type = response.headers.get("content-type");
    const isSilent = kind === "manifests" && request.method === "HEAD";
    return withHeaders(response, {
      "content-type": `${type}; charset=utf-8`,
      ...(isSilent ? { "docker-content-digest": null } : {}),
    });
  }
  return {
    "mcr.microsoft.com": { answer },
    [STORAGE]: { answer: (request) => answerAsStorage(request, stock) },
  };
}
