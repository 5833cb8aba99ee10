import { describe, expect, it } from "vitest";
import { ROUTES } from "../support/contents.ts";
import {
  ALICE,
  askAs,
  BOB,
  createSession,
  LOGIN_MIRRORS,
  PROBES,
  pullAsEach,
  useLoginMirrors,
} from "../support/mirror/scenarios.ts";

const createLoginMirror = useLoginMirrors();

describe.each(LOGIN_MIRRORS)("a mirror %s", (_, env, hasClaims) => {
  it.each(["here", "in another isolate", "elsewhere"])(
    "[A7e] serves no account another's private image, with every cache warm %s",
    async (place) => {
      const mirror = createLoginMirror(env, hasClaims);
      await pullAsEach(mirror);
      if (place !== "here") mirror.restart(place === "elsewhere" ? place : "here");
      for (const [account, name] of [
        [ALICE, "bob/secret"],
        [BOB, "alice/secret"],
        [null, "alice/secret"],
      ] as const) {
        const ask = await createSession(mirror, account, name);
        for (const route of ROUTES) {
          for (const init of PROBES) {
            const { status, text } = await ask(route, init);
            expect([status, text.includes("schemaVersion")]).toEqual([404, false]);
          }
        }
      }
      for (const route of ROUTES) {
        expect((await askAs(mirror, ALICE, "alice/secret", route)).status).toBe(200);
      }
    },
  );
});
