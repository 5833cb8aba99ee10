import type { Effect } from "../../faults/tables/effects.ts";
import { FAULTS } from "../../faults/tables/faults.ts";
import type { Place } from "../../faults/tables/places.ts";
import { REQUESTS, type RequestKind } from "../../faults/tables/requests.ts";
import { wrongContents } from "../../faults/world/contents.ts";
import { receiveAll } from "../../faults/world/receive.ts";
import { createSpoiler, type Spoiler } from "../../faults/world/spoil.ts";
import { imageOf, type ManifestContent, OCI_MANIFEST } from "../../support/contents.ts";
import { excusesFor, type Trouble } from "./excuses.ts";
import { judgeAnswer } from "./judge-answer.ts";
import { type Event, MANIFESTS } from "./story.ts";
import type { World } from "./world.ts";

/** How long a tag is trusted, and a failure remembered at most. */
const MEMORY_MS = 60_000;
/** One deadline, those of the caches before it, and all of that again for who waited for others. */
const MAX_SECONDS = 60;

/** Lives through the events of a story, and judges every answer by what it may know. */
export function createTeller(world: World, fix: (spoiler: Spoiler | null) => void) {
  const { mirror, stores, stall } = world;
  const { clock, hub } = mirror;
  /** What the tag has led to, and since when. */
  const history = [{ manifest: OCI_MANIFEST as ManifestContent, since: clock.now() }];
  /** What was broken; the last one may be still. */
  const troubles: Trouble[] = [];
  let spoiler: Spoiler | null = null;

  function mend(): void {
    spoiler?.end();
    spoiler = null;
    const last = troubles.pop();
    if (last) troubles.push({ ...last, until: Math.min(last.until, clock.now()) });
    fix(null);
  }
  function spoil(place: Place, name: string): void {
    const fault = FAULTS.find((one) => one.name === name);
    if (fault === undefined) throw new Error(`There is no fault "${name}".`);
    spoiler = createSpoiler(place, fault, { clock, stall });
    troubles.push({ place, fault, until: Number.POSITIVE_INFINITY });
    fix(spoiler);
  }
  /** What may come of a request by what is broken now, and by what was at some time since. */
  function excuses(request: RequestKind, since: number): Effect[] {
    return excusesFor(
      request,
      troubles.filter(({ until }) => until >= since),
    );
  }
  /** What the tag led to at that time, and later. */
  function ledToSince(time: number): ManifestContent[] {
    const over = (index: number) => history[index + 1]?.since ?? Number.POSITIVE_INFINITY;
    return history.filter((_, index) => over(index) >= time).map(({ manifest }) => manifest);
  }
  async function ask(requests: readonly RequestKind[]): Promise<string[]> {
    const remembered = clock.now() - MEMORY_MS;
    const all = await receiveAll(mirror, stall, requests, MAX_SECONDS);
    const wrongs = requests.flatMap((request, index) => {
      const judged = judgeAnswer(request, all[index] ?? null, {
        present: excuses(request, Number.POSITIVE_INFINITY),
        remembered: excuses(request, remembered),
        ever: excuses(request, 0),
        fresh: ledToSince(remembered),
        known: history.map(({ manifest }) => manifest),
      });
      return judged.map((wrong) => `${request.name}: ${wrong}`);
    });
    return [...wrongs, ...(await wrongContents(stores.contents()))];
  }
  return {
    async live(event: Event): Promise<string[]> {
      switch (event.kind) {
        case "ask":
          return ask(REQUESTS.filter(({ name }) => event.requests.includes(name)));
        case "break":
          mend();
          spoil(event.place, event.fault);
          return [];
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
        case "fail":
          stores.heal();
          stores.fail(event.failures);
          return [];
      }
    },
    /** All is well again, and has been for as long as anything is remembered. */
    async end(): Promise<string[]> {
      mend();
      stores.heal();
      clock.advance(MEMORY_MS / 1000 + 1);
      const wrongs: string[] = [];
      for (const request of REQUESTS) wrongs.push(...(await ask([request])));
      return wrongs;
    },
  };
}
