import fc from "fast-check";
import { expect, test } from "vitest";
import { STORIES } from "../../properties/arbitrary.ts";
import { imageOf, OCI_NEXT } from "../../support/contents.ts";
import { useMirrors } from "../../support/mirror/in-process.ts";
import { judgeRight } from "../faults/judge.ts";
import type { Received } from "../faults/receive.ts";
import { MANIFEST, MOVED, REQUESTS, type RequestKind } from "../faults/requests.ts";
import { transient } from "../faults/rules.ts";
import { createWorld } from "../faults/world.ts";
import { judgeFailure } from "./expected.ts";

const createMirror = useMirrors();

/** The upstream's answers that are lost, by number: each the first of two tries or the second. */
const losses = fc.array(fc.nat({ max: 12 }), { maxLength: 3 });
const names = fc.array(fc.constantFrom(...REQUESTS.map(({ name }) => name)), {
  minLength: 2,
  maxLength: 8,
});

test("in whatever order the upstream answers, each of many clients gets what it requested", async () => {
  const check = async (scheduler: fc.Scheduler, sent: string[], lost: number[]) => {
    let calls = 0;
    const timesLost = new Map<string, number>();
    const world = createWorld(createMirror, {
      network: (hub) => async (input, init) => {
        const call = calls++;
        const response = await hub(input as string, init);
        await scheduler.schedule(Promise.resolve(), String(input));
        if (!lost.includes(call)) return response;
        const key = `${init?.method} ${input}`;
        timesLost.set(key, (timesLost.get(key) ?? 0) + 1);
        throw new TypeError("Network connection lost.");
      },
    });
    const { hub } = world.mirror;
    const move = () => hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    void scheduler.schedule(Promise.resolve(), "the tag moves").then(move);
    const requests = sent.flatMap((name) => REQUESTS.filter((one) => one.name === name));
    const answers = await scheduler.waitFor(world.receiveAll(requests));
    // G5a: a request that was lost once is sent again.
    const mayFail = [...timesLost.values()].some((times) => times > 1);
    const wrongs = requests.flatMap((request, index) =>
      judge(request, answers[index] ?? null, mayFail),
    );
    await scheduler.waitIdle();
    await world.settle();
    expect([...wrongs, ...(await world.stores.wrongContents(null))]).toEqual([]);
  };
  await fc.assert(fc.asyncProperty(fc.scheduler(), names, losses, check), STORIES);
});

/** A tag points to one manifest or the other while it moves; an error must have a reason. */
function judge(request: RequestKind, received: Received | null, mayFail: boolean): string[] {
  if (received === null) return [`${request.name}: no answer`];
  const answers = request.subject === "tag" ? [MANIFEST, MOVED] : [request.right];
  const judged =
    received.status >= 400
      ? [judgeFailure(request, received, mayFail ? [transient(502)] : [])]
      : answers.map((right) => judgeRight(request, right, received));
  const best = judged.find((wrongs) => wrongs.length === 0) ?? judged.flat();
  return best.map((wrong) => `${request.name}: ${wrong}`);
}
