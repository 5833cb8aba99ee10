import type { Readable, Writable } from "node:stream";
import { isNotLoggedIn } from "../setup/wrangler.ts";
import { CONNECTED } from "./connected.ts";

const NOT_LOGGED_IN = "not logged in: npx wrangler login\n";

/**
 * Passes on what wrangler says. What it says before it is connected waits until then or until its
 * end: if it is not logged in, that is advice on other accounts, which do not have the mirror.
 */
export async function relay(messages: Readable, to: Writable): Promise<void> {
  let held = "";
  let isConnected = false;
  for await (const chunk of messages.setEncoding("utf8")) {
    held += chunk;
    isConnected ||= held.includes(CONNECTED);
    if (!isConnected) continue;
    to.write(held);
    held = "";
  }
  if (held !== "") to.write(isNotLoggedIn(held) ? NOT_LOGGED_IN : held);
}
