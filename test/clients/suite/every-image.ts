import { test } from "vitest";
import type { Subject } from "../images.ts";
import type { Stage } from "../stage.ts";

/** What a tool does with an image. Rejects if it is not as it should be. */
export type Check = (subject: Subject) => Promise<void>;

/** Does it with every image, one after the other. */
export async function withEveryImage({ images }: Stage, check: Check): Promise<void> {
  for (const subject of [...images.small, images.large]) await check(subject);
}

/** Tests that it can be done with every image, and again with the mirror's caches alone. */
export function testEveryImage(deed: string, stage: () => Stage, check: Check): void {
  test(`${deed} images of every format`, () => withEveryImage(stage(), check));

  test("does it again for small ones while the upstream refuses everyone", async () => {
    await stage().upstream.whileRefusing(async () => {
      for (const subject of stage().images.small) await check(subject);
    });
  });
}
