import fc from "fast-check";
import {
  imageOf,
  type ManifestContent,
  OCI_LAST,
  OCI_MANIFEST,
  OCI_NEXT,
} from "../../support/contents.ts";
import { CASES, type Case } from "../faults/faults.ts";
import { judgeLaw } from "../faults/judge.ts";
import { pass, type Received } from "../faults/receive.ts";
import { REQUESTS, type RequestKind } from "../faults/requests.ts";
import { STORE_FAILURES, type StoreFailure } from "../faults/states.ts";
import type { World } from "../faults/world.ts";
import { has, judgeAnswer, type PastFault, possibleFor } from "./expected.ts";

/** One thing that happens to a mirror. Requests, faults and manifests have names to be printed. */
export type Event =
  | { readonly kind: "send"; readonly requests: readonly string[] }
  /** Clients pull another image, so that a host which hangs opens its circuit. */
  | { readonly kind: "crowd" }
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
  { weight: 1, arbitrary: fc.constant({ kind: "crowd" as const }) },
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
/** A body that stalls is given up. */
const MAX_SECONDS = 60;
/** Case 36b: one deadline, and a second more for a request that waits for another one's work. */
const DEADLINE_SECONDS = 11;
/** The time of stores that hang. */
const STORES_SECONDS = 5;
/** Case 36b: half of the time for which a failed check counts, since a GET ends after its check. */
const CHECKED_MS = 15_000;
const CROWD = Array.from({ length: 5 }, (_, index) => ({
  method: "HEAD" as const,
  path: `/v2/alpine/manifests/${index}`,
}));

/** Plays the events of a story in a world, and compares every answer with the contract. */
export function createPlayer(world: World) {
  const { mirror, stores, hasBucket } = world;
  const { clock, hub } = mirror;
  /** What the tag has pointed to, and since when. */
  const history = [{ manifest: OCI_MANIFEST as ManifestContent, since: clock.now() }];
  /** Every fault so far; the last one may still be there. */
  const faults: PastFault[] = [];
  /** When this isolate last answered a tag after a check that failed. */
  let checkFailedAt = Number.NEGATIVE_INFINITY;

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
    const startedAt = clock.now();
    const remembered = startedAt - MEMORY_MS;
    const hasMoved = history.length > 1;
    const isChecked = startedAt < checkFailedAt + CHECKED_MS;
    const answers = await world.receiveAll(requests, MAX_SECONDS);
    const wrongs = requests.flatMap((request, index) => {
      const possibleSince = (time: number) =>
        possibleFor(
          request,
          faults.filter(({ until }) => until >= time),
          hasMoved,
        );
      const received = answers[index] ?? null;
      const judged = judgeAnswer(request, received, {
        present: possibleSince(Number.POSITIVE_INFINITY),
        remembered: possibleSince(remembered),
        ever: possibleSince(0),
        stored: possibleSince(isAtEdge(request) ? 0 : Number.POSITIVE_INFINITY),
        fresh: pointedToSince(remembered),
        known: history.map(({ manifest }) => manifest),
      });
      // The body of a blob takes as long as the upstream takes to send it.
      if (received !== null && !request.subject.endsWith("blob")) {
        const isStale = received.headers.has("warning");
        const isAtOnce = request.method === "HEAD" && isStale && isChecked;
        judged.push(...judgeSeconds(received, isAtOnce));
      }
      return judged.map((wrong) => `${request.name}: ${wrong}`);
    });
    for (const [index, { subject }] of requests.entries()) {
      const answer = answers[index];
      const isStale = subject === "tag" && answer?.headers.has("warning");
      if (isStale && answer && answer.seconds > 0) {
        checkFailedAt = Math.max(checkFailedAt, startedAt + answer.seconds * 1000);
      }
    }
    return [...wrongs, ...(await wrongContents())];
  }
  /** Only clients verify a large blob, so without R2 the edge cache keeps what was sent. */
  function isAtEdge({ subject }: RequestKind): boolean {
    return subject === "large blob" && !hasBucket;
  }
  function wrongContents(): Promise<string[]> {
    const unverified = REQUESTS.find(isAtEdge);
    const isKept = unverified && has(possibleFor(unverified, faults, true), "as sent");
    return stores.wrongContents(isKept ? unverified.right.digest : null);
  }
  async function sendCrowd(): Promise<string[]> {
    const answers = await world.receiveAll(CROWD, MAX_SECONDS);
    return answers.flatMap((received) =>
      received === null
        ? ["no answer in time"]
        : [...judgeLaw({ method: "HEAD" }, received), ...judgeSeconds(received, false)],
    );
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
        case "crowd":
          return sendCrowd();
        case "mend":
          mend();
          return [];
        case "wait":
          await pass(clock, event.seconds);
          return [];
        case "move":
          hub.push("library/busybox", "1.36", imageOf(MANIFESTS[event.to]));
          history.push({ manifest: MANIFESTS[event.to], since: clock.now() });
          return [];
        case "restart":
          if (event.isElsewhere) stores.moveEdge();
          mirror.restart();
          checkFailedAt = Number.NEGATIVE_INFINITY;
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
      await pass(clock, MEMORY_MS / 1000 + 1);
      const wrongs: string[] = [];
      for (const request of REQUESTS) wrongs.push(...(await send([request])));
      return wrongs;
    },
  };
}

/**
 * Cases G5 and 36.
 *
 * @param isAtOnce whether the answer needs no check.
 */
function judgeSeconds({ seconds }: Received, isAtOnce: boolean): string[] {
  const most = isAtOnce ? 0 : DEADLINE_SECONDS + STORES_SECONDS;
  return seconds <= most ? [] : [`it took ${seconds} s, not ${most} at most`];
}

function caseOf(place: string, name: string): Case {
  const one = CASES.find((other) => other.place === place && other.fault.name === name);
  if (one === undefined) throw new Error(`There is no fault "${name}" of ${place}.`);
  return one;
}
