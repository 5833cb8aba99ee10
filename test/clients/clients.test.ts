import { expect, test } from "vitest";
import { absent } from "./each-client.ts";

// `.ci/clients.sh` installs them all. Without them the rest of the tests is still worth running.
if (absent.length > 0) console.warn(["Clients that are not tested:", ...absent].join("\n  "));

test.runIf(process.env.SAMPAN_REQUIRE_CLIENTS)("every client is there", () => {
  expect(absent).toEqual([]);
});
