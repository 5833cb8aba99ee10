import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeRight } from "../../faults/judge.ts";
import { passing } from "../../faults/tables/effects.ts";
import { REQUESTS, type RequestKind, type Right } from "../../faults/tables/requests.ts";
import { wrongContents } from "../../faults/world/contents.ts";
import { type Received, receiveAll } from "../../faults/world/receive.ts";
import { imageOf, OCI_NEXT } from "../../support/contents.ts";
import { useMirrors } from "../../support/mirror/in-process.ts";
import { LONG, MAX_MS } from "../runs.ts";
import { judgeFailure } from "./judge-answer.ts";
import { MANIFESTS } from "./story.ts";
import { createWorld } from "./world.ts";

const createMirror = useMirrors();

/** How many of the upstream's answers never come, each the first of two tries or the second. */
const losses = fc.array(fc.nat({ max: 12 }), { maxLength: 3 });
const asked = fc.array(fc.constantFrom(...REQUESTS.map(({ name }) => name)), {
  minLength: 2,
  maxLength: 8,
});

test(
  "in whatever order the upstream answers many at once, each gets what it asked for",
  async () => {
    const check = async (scheduler: fc.Scheduler, names: string[], lost: number[]) => {
      let calls = 0;
      const lostBy = new Map<string, number>();
      const { mirror, stall, stores } = createWorld(createMirror, {
        network: (hub) => async (input, init) => {
          const call = calls++;
          const response = await hub(input as string, init);
          await scheduler.schedule(Promise.resolve(), String(input));
          if (!lost.includes(call)) return response;
          const key = `${init?.method} ${input}`;
          lostBy.set(key, (lostBy.get(key) ?? 0) + 1);
          throw new TypeError("Network connection lost.");
        },
      });
      const move = async () => mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
      void scheduler.schedule(Promise.resolve(), "the tag moves").then(move);
      const requests = names.flatMap((name) => REQUESTS.filter((one) => one.name === name));
      const all = await scheduler.waitFor(receiveAll(mirror, stall, requests));
      const wrongs = requests.flatMap((request, index) =>
        judge(request, all[index] ?? null, [...lostBy.values()].some(isLostTwice)),
      );
      await scheduler.waitIdle();
      await mirror.settle();
      expect([...wrongs, ...(await wrongContents(stores.contents()))]).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(fc.scheduler(), asked, losses, check), LONG);
  },
  MAX_MS,
);

/** G5a: what is lost once is asked again. */
function isLostTwice(times: number): boolean {
  return times > 1;
}

/** A tag leads to one manifest or the other, while it moves; an error has to have a reason. */
function judge(request: RequestKind, received: Received | null, mayFail: boolean): string[] {
  if (received === null) return [`${request.name}: no answer`];
  const answers = request.subject === "tag" ? BOTH : [request.right];
  const judged =
    received.status >= 400
      ? [judgeFailure(request, received, mayFail ? [passing(502)] : [])]
      : answers.map((right) => judgeRight(request, right, received));
  const best = judged.find((wrongs) => wrongs.length === 0) ?? judged.flat();
  return best.map((wrong) => `${request.name}: ${wrong}`);
}

const BOTH: readonly Right[] = [MANIFESTS.first, MANIFESTS.next].map((manifest) => ({
  ...manifest,
  status: 200,
  type: manifest.mediaType,
}));
