import { describe, expect, it } from "vitest";
import { imageOf, OCI_MANIFEST, ROUTES } from "../support/contents.ts";
import { useMirrors } from "../support/mirror/in-process.ts";
import { ACCOUNT, ALICE, basic } from "../support/mirror/scenarios.ts";

const createMirror = useMirrors();

describe("a stray login in open mode", () => {
  it.each([basic(...ALICE), "Bearer alice's passphrase", "Negotiate alice's passphrase"])(
    "[A8] goes nowhere: %s",
    async (authorization) => {
      const mirror = createMirror({ env: ACCOUNT, hub: { accounts: { sampan: "hunter2" } } });
      mirror.hub.push("grafana/grafana", "1", imageOf(OCI_MANIFEST));
      for (const route of ROUTES) {
        const answer = await mirror.get(`/v2/grafana/grafana/${route}`, { authorization });
        expect(answer.status).toBe(200);
      }
      expect((await mirror.get("/v2/", { authorization })).status).toBe(200);
      const everything = [
        JSON.stringify(mirror.log),
        JSON.stringify(mirror.sent),
        ...mirror.hub.requests.flatMap(({ headers, query }) => [...headers.values(), `${query}`]),
        await mirror.stored(),
      ].join("\n");
      expect(everything).not.toContain(authorization);
      expect(everything).not.toMatch(/alice/);
    },
  );

  it("[A8] is never asked for: there is no realm and no challenge", async () => {
    const mirror = createMirror();
    expect((await mirror.ask("/token")).text).toBe("Not found.\n");
    expect((await mirror.get("/v2/")).headers.get("www-authenticate")).toBeNull();
  });
});
