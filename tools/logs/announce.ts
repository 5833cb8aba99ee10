import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { CONNECTED } from "./tail.ts";

// Loaded into wrangler, which does not report with `--format json` that its WebSocket is open.
// That is its only HTTP request that is upgraded.
subscribe("http.client.request.start", (message) => {
  const { request } = message as { readonly request: ClientRequest };
  request.once("upgrade", () => process.stderr.write(CONNECTED));
});
