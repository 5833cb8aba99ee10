import fc from "fast-check";
import { expect, test } from "vitest";
import type { Spoiler } from "../../faults/world/spoil.ts";
import { useMirrors } from "../../support/mirror/in-process.ts";
import { LONG, MAX_MS } from "../runs.ts";
import { type Event, stories } from "./story.ts";
import { createTeller } from "./teller.ts";
import { createWorld } from "./world.ts";

const createMirror = useMirrors();

test(
  "whatever happens in whatever order, a client gets right bytes or a clean failure",
  async () => {
    const check = async (story: readonly Event[]) => {
      let spoiler: Spoiler | null = null;
      const world = createWorld(createMirror, {
        network: (hub) => (input, init) => (spoiler?.through(hub) ?? hub)(input as string, init),
      });
      const teller = createTeller(world, (next) => {
        spoiler = next;
        world.mirror.hub.intercept(next?.interceptor ?? null);
      });
      for (const event of story) expect(await teller.live(event)).toEqual([]);
      expect(await teller.end()).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(stories, check), LONG);
  },
  MAX_MS,
);
