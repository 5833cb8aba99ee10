import { redirect } from "./plain.ts";
import { challenge } from "./tokens.ts";
import type { Hosts } from "./world.ts";

/** Where a registry says that something is which it has no business to send anybody to. */
export const WAYS = [
  "realm",
  "realm of another registry",
  "redirect",
  "second redirect",
  "third redirect",
  "redirect from another registry",
] as const;

export type Way = (typeof WAYS)[number];

const ELSEWHERE = "https://other.example/v2/owner/app/manifests/1";

/** A registry that leads to `address`, with two honest hosts on the way. */
export function createLed(host: string, way: Way, address: string): Hosts {
  const wanted = challenge(`Bearer realm="${address}"`);
  const first = {
    realm: wanted,
    "realm of another registry": redirect(ELSEWHERE),
    redirect: redirect(address),
    "second redirect": redirect("https://cdn.example/last"),
    "third redirect": redirect("https://cdn.example/first"),
    "redirect from another registry": redirect(ELSEWHERE),
  }[way];
  return {
    [host]: {
      answer(request) {
        const isBase = new URL(request.url).pathname === "/v2/";
        return isBase && way !== "realm" ? new Response("{}") : first.clone();
      },
    },
    "cdn.example": {
      answer({ url }) {
        const isFirst = new URL(url).pathname === "/first";
        return redirect(isFirst ? "https://cdn.example/last" : address);
      },
    },
    "other.example": {
      answer: () => (way === "realm of another registry" ? wanted.clone() : redirect(address)),
    },
  };
}
