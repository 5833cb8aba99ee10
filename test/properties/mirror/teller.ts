import { judgeRight } from "../../faults/judge.ts";
import { FAULTS, type FaultKind } from "../../faults/tables/faults.ts";
import type { Place } from "../../faults/tables/places.ts";
import type { RequestKind, Right } from "../../faults/tables/requests.ts";
import { wrongContents } from "../../faults/world/contents.ts";
import { type Received, receiveAll } from "../../faults/world/receive.ts";
import { createSpoiler, type Spoiler } from "../../faults/world/spoil.ts";
import { imageOf, type ManifestContent, OCI_MANIFEST } from "../../handler/support/images.ts";
import { ASKED, type Event, MANIFESTS } from "./story.ts";
import type { World } from "./world.ts";

/** How long a tag is trusted, and a failure remembered at most. */
const MEMORY_SECONDS = 60;
/** One deadline, those of the caches before it, and all of that again for who waited for others. */
const MAX_SECONDS = 60;
/** Faults of a blob that only its client can notice. */
const UNNOTICED: readonly FaultKind[] = ["told less", "told more", "changed", "page"];
const BREAKING: readonly FaultKind[] = ["cut", "stuck", "truncated", "told more"];

/** Lives through the events of a story, and judges every answer by what it may know. */
export function createTeller(world: World, fix: (spoiler: Spoiler | null) => void) {
  const { mirror, stores, stall } = world;
  const { clock, hub } = mirror;
  /** What the tag has led to, and since when. */
  const history = [{ manifest: OCI_MANIFEST as ManifestContent, since: clock.now() }];
  let spoiler: Spoiler | null = null;
  let fault: FaultKind | null = null;
  let brokenUntil = Number.NEGATIVE_INFINITY;
  let isHanging = false;

  function mend(): void {
    spoiler?.end();
    if (fault !== null) brokenUntil = clock.now();
    [spoiler, fault] = [null, null];
    fix(null);
  }
  function spoil(place: Place, name: string): void {
    const found = FAULTS.find((one) => one.name === name);
    if (found === undefined) throw new Error(`There is no fault "${name}".`);
    spoiler = createSpoiler(place, found, { clock, stall });
    fault = found.kind;
    fix(spoiler);
  }
  /** Whether an answer may be an error: something is broken, or was just now. */
  function isExcused(): boolean {
    return fault !== null || isHanging || clock.now() - brokenUntil <= MEMORY_SECONDS * 1000;
  }
  function judge(request: RequestKind, received: Received, askedAt: number): string[] {
    const { status, end, headers } = received;
    if (status >= 400) return isExcused() ? [] : [`status ${status} for no reason`];
    const isBlob = request.subject === "blob";
    if (end !== "whole") {
      return isBlob && fault && BREAKING.includes(fault) ? [] : [`ends ${end} for no reason`];
    }
    if (fault && UNNOTICED.includes(fault) && (isBlob || request.method === "HEAD")) return [];
    if (request.subject !== "tag") return judgeRight(request, request.right, received);
    const digest = headers.get("docker-content-digest");
    const isOld = headers.has("warning");
    const known = history.find(
      ({ manifest }, index) =>
        manifest.digest === digest && (isOld || wasTrue(index, askedAt - MEMORY_SECONDS * 1000)),
    );
    if (known === undefined) return [`${digest} is not what the tag led to`];
    // What a HEAD said of the length while it was wrong is trusted for as long as the digest.
    const isTold = request.method === "HEAD" && isExcused();
    return isTold ? [] : judgeRight(request, rightOf(known.manifest), received);
  }
  /** Whether the tag led there at that time or after. */
  function wasTrue(index: number, time: number): boolean {
    return (history[index + 1]?.since ?? Number.POSITIVE_INFINITY) >= time;
  }
  async function ask(requests: readonly RequestKind[]): Promise<string[]> {
    const askedAt = clock.now();
    const all = await receiveAll(mirror, stall, requests, MAX_SECONDS);
    const wrongs = requests.flatMap((request, index) => {
      const received = all[index];
      const judged = received ? judge(request, received, askedAt) : ["no answer in time"];
      return judged.map((wrong) => `${request.name}: ${wrong}`);
    });
    return [...wrongs, ...(await wrongContents(stores.contents()))];
  }
  return {
    async live(event: Event): Promise<string[]> {
      switch (event.kind) {
        case "ask":
          return ask(ASKED.filter(({ name }) => event.requests.includes(name)));
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
          isHanging = event.failures.some((failure) => failure.endsWith("hangs"));
          return [];
      }
    },
    /** All is well again, and has been for as long as anything is remembered. */
    async end(): Promise<string[]> {
      mend();
      stores.heal();
      isHanging = false;
      clock.advance(MEMORY_SECONDS + 1);
      const wrongs: string[] = [];
      for (const request of ASKED) wrongs.push(...(await ask([request])));
      return wrongs;
    },
  };
}

function rightOf(manifest: ManifestContent): Right {
  return { ...manifest, status: 200, type: manifest.mediaType };
}
