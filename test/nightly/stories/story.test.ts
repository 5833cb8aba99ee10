import fc from "fast-check";
import { expect, test } from "vitest";
import { STORIES } from "../../properties/arbitrary.ts";
import { useMirrors } from "../../support/mirror/in-process.ts";
import { createWorld } from "../faults/world.ts";
import { createPlayer, type Event, stories } from "./story.ts";

const createMirror = useMirrors();

test("whatever happens in whatever order, a client gets right bytes or a clean failure", async () => {
  const check = async (story: readonly Event[], hasBucket: boolean) => {
    const player = createPlayer(createWorld(createMirror, { hasBucket }));
    for (const event of story) expect(await player.play(event)).toEqual([]);
    expect(await player.end()).toEqual([]);
  };
  await fc.assert(fc.asyncProperty(stories, fc.boolean(), check), STORIES);
});
