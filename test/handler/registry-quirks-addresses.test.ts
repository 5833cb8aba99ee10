import { describe, expect, it } from "vitest";
import { withHeaders } from "../support/hub/with-headers.ts";
import { ADDRESSES } from "../support/quirks/addresses.ts";
import { createLed, WAYS } from "../support/quirks/led.ts";
import { answerPlainly } from "../support/quirks/plain.ts";
import { LAYER } from "./support/images.ts";
import { BLOB, stockOf, useWorlds } from "./support/worlds.ts";

const createWorld = useWorlds();
const HONEST = /^(registry-\d+|cdn|other)\.example /;

describe("a registry that leads elsewhere", () => {
  it.each(WAYS)("[19] [32] by a %s is not followed to any of these", async (way) => {
    for (const [index, address] of ADDRESSES.entries()) {
      const host = `registry-${index}.example`;
      const { mirror, world } = createWorld(host, createLed(host, way, address));
      for (const path of ["manifests/1", `blobs/${LAYER.digest}`]) {
        const answer = await mirror.get(`/v2/owner/app/${path}`);
        expect([answer.status, answer.error?.code], address).toEqual([502, "UNAVAILABLE"]);
        expect(answer.text, address).not.toMatch(/127|169|user|secret|passwd/);
      }
      const calls = world.calls();
      expect(calls.length, address).toBeGreaterThan(1);
      expect(calls.filter((call) => !HONEST.test(call) || call.includes("/x"))).toEqual([]);
    }
  });

  it("[37] by the link to its next page is asked for that page itself", async () => {
    for (const [index, address] of ADDRESSES.entries()) {
      const host = `registry-${index}.example`;
      const link = `<${address}?last=1>; rel="next"`;
      const answer = (request: Request) => {
        const response = answerPlainly(request, stockOf());
        return request.url.includes("/tags/") ? withHeaders(response, { link }) : response;
      };
      const { mirror, world } = createWorld(host, { [host]: { answer } });
      const page = await mirror.get("/v2/owner/app/tags/list");
      const next = "/v2/owner/app/tags/list?last=1";
      expect(page.headers.get("link"), address).toBe(`<${next}>; rel="next"`);
      expect((await mirror.get(next)).status, address).toBe(200);
      expect(world.calls()).toEqual([
        `${host} GET /v2/`,
        `${host} GET /v2/owner/app/tags/list`,
        `${host} GET ${next}`,
      ]);
    }
  });

  it("[19] may do so to a public host, on any port", async () => {
    for (const way of ["redirect", "third redirect", "redirect from another registry"] as const) {
      const host = `${way.replaceAll(" ", "-")}.example`;
      const hosts = createLed(host, way, "https://storage.example:8443/layer");
      const storage = { answer: () => new Response(LAYER.bytes) };
      const all = { ...hosts, "storage.example:8443": storage };
      const { mirror } = createWorld(host, all);
      expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    }
  });
});
