import { createGhcr, type GhcrOptions } from "./ghcr.ts";
import { redirect, type Stock } from "./plain.ts";
import { bearerOf, challenge } from "./tokens.ts";
import type { Hosts } from "./world.ts";

/** lscr.io: a gateway. The token service that it names is ghcr.io's, and so is all that it has. */
export function createLinuxServer(stock: Stock, options: GhcrOptions = {}): Hosts {
  return {
    ...createGhcr(stock, options),
    "lscr.io": {
      welcomes: bearerOf("ghcr.io"),
      answer(request) {
        const { pathname, search } = new URL(request.url);
        if (!request.headers.has("authorization")) {
          return challenge('Bearer realm="https://ghcr.io/token",service="ghcr.io"');
        }
        return redirect(`https://ghcr.io${pathname}${search}`);
      },
    },
  };
}
