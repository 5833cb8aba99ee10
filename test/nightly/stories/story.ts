import fc from "fast-check";
import {
  imageOf,
  type ManifestContent,
  OCI_LAST,
  OCI_MANIFEST,
  OCI_NEXT,
} from "../../support/contents.ts";
import { CASES, type Case } from "../faults/faults.ts";
import { REQUESTS, type RequestKind } from "../faults/requests.ts";
import { STORE_FAILURES, type StoreFailure } from "../faults/states.ts";
import type { World } from "../faults/world.ts";
import { judgeAnswer, type PastFault, possibleFor } from "./expected.ts";

/** One thing that happens to a mirror. Requests, faults and manifests have names to be printed. */
export type Event =
  | { readonly kind: "send"; readonly requests: readonly string[] }
  | { readonly kind: "break"; readonly place: string; readonly fault: string }
  | { readonly kind: "mend" }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "move"; readonly to: keyof typeof MANIFESTS }
  | { readonly kind: "restart"; readonly isElsewhere: boolean }
  | { readonly kind: "fail stores"; readonly failures: readonly StoreFailure[] };

/** What the tag points to at one time or another. */
export const MANIFESTS = { first: OCI_MANIFEST, next: OCI_NEXT, last: OCI_LAST } as const;

const names = REQUESTS.map(({ name }) => name);
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .array(fc.constantFrom(...names), { minLength: 1, maxLength: 4 })
      .map((requests) => ({ kind: "send" as const, requests })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...CASES)
      .map(({ place, fault }) => ({ kind: "break" as const, place, fault: fault.name })),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "mend" as const }) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(1, 9, 59, 60, 61, 300, 4000, 90_000)
      .map((seconds) => ({ kind: "wait" as const, seconds })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom("first" as const, "next" as const, "last" as const)
      .map((to) => ({ kind: "move" as const, to })),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map((isElsewhere) => ({ kind: "restart" as const, isElsewhere })),
  },
  {
    weight: 1,
    arbitrary: fc
      .subarray([...STORE_FAILURES], { maxLength: 2 })
      .map((failures) => ({ kind: "fail stores" as const, failures })),
  },
);

/** Events in order. */
export const stories = fc.array(event, { minLength: 4, maxLength: 25, size: "max" });

/** How long a tag is trusted, and a failure remembered at most. */
const MEMORY_MS = 60_000;
/** One deadline, those of the caches before it, and all of that again for who waited for others. */
const MAX_SECONDS = 60;

/** Plays the events of a story in a world, and compares every answer with the contract. */
export function createPlayer(world: World) {
  const { mirror, stores } = world;
  const { clock, hub } = mirror;
  /** What the tag has pointed to, and since when. */
  const history = [{ manifest: OCI_MANIFEST as ManifestContent, since: clock.now() }];
  /** Every fault so far; the last one may still be there. */
  const faults: PastFault[] = [];

  function mend(): void {
    world.mend();
    const last = faults.pop();
    if (last) faults.push({ ...last, until: Math.min(last.until, clock.now()) });
  }
  /** What the tag pointed to at that time, and later. */
  function pointedToSince(time: number): ManifestContent[] {
    const end = (index: number) => history[index + 1]?.since ?? Number.POSITIVE_INFINITY;
    return history.filter((_, index) => end(index) >= time).map(({ manifest }) => manifest);
  }
  /** @returns what is wrong with the answers, and with what is stored. */
  async function send(requests: readonly RequestKind[]): Promise<string[]> {
    const remembered = clock.now() - MEMORY_MS;
    const hasMoved = history.length > 1;
    const answers = await world.receiveAll(requests, MAX_SECONDS);
    const wrongs = requests.flatMap((request, index) => {
      const possibleSince = (time: number) =>
        possibleFor(
          request,
          faults.filter(({ until }) => until >= time),
          hasMoved,
        );
      const judged = judgeAnswer(request, answers[index] ?? null, {
        present: possibleSince(Number.POSITIVE_INFINITY),
        remembered: possibleSince(remembered),
        ever: possibleSince(0),
        fresh: pointedToSince(remembered),
        known: history.map(({ manifest }) => manifest),
      });
      return judged.map((wrong) => `${request.name}: ${wrong}`);
    });
    return [...wrongs, ...(await stores.wrongContents())];
  }
  return {
    /** @returns a sentence for each thing that is wrong. */
    async play(event: Event): Promise<string[]> {
      switch (event.kind) {
        case "send":
          return send(REQUESTS.filter(({ name }) => event.requests.includes(name)));
        case "break": {
          mend();
          const one = caseOf(event.place, event.fault);
          world.break(one);
          faults.push({ ...one, until: Number.POSITIVE_INFINITY });
          return [];
        }
        case "mend":
          mend();
          return [];
        case "wait":
          clock.advance(event.seconds);
          return [];
        case "move":
          hub.push("library/busybox", "1.36", imageOf(MANIFESTS[event.to]));
          history.push({ manifest: MANIFESTS[event.to], since: clock.now() });
          return [];
        case "restart":
          if (event.isElsewhere) stores.moveEdge();
          mirror.restart();
          return [];
        case "fail stores":
          stores.heal();
          stores.fail(event.failures);
          return [];
      }
    },
    /** Sends every request when all has been well for as long as anything is remembered. */
    async end(): Promise<string[]> {
      mend();
      stores.heal();
      clock.advance(MEMORY_MS / 1000 + 1);
      const wrongs: string[] = [];
      for (const request of REQUESTS) wrongs.push(...(await send([request])));
      return wrongs;
    },
  };
}

function caseOf(place: string, name: string): Case {
  const one = CASES.find((other) => other.place === place && other.fault.name === name);
  if (one === undefined) throw new Error(`There is no fault "${name}" of ${place}.`);
  return one;
}
