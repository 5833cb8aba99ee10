import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { CONNECTED } from "./connected.ts";

// Loaded into wrangler, which with `--format json` does not say when its WebSocket is open: the one
// request of its own that is upgraded.
subscribe("http.client.request.start", (message) => {
  const { request } = message as { readonly request: ClientRequest };
  request.once("upgrade", () => process.stderr.write(CONNECTED));
});
