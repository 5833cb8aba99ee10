import { imageOf, imageWithBlob, LARGE_BLOB, OCI_MANIFEST, OCI_NEXT } from "../support/contents.ts";
import type { Mirror, MirrorOptions } from "../support/mirror/in-process.ts";
import { judge, judgeLog, judgeRight } from "./judge.ts";
import { type Cell, type Outcome, predict, rightOf } from "./oracle.ts";
import { BLOB, LARGE, REQUESTS, TAG } from "./tables/requests.ts";
import { wrongContents } from "./world/contents.ts";
import { receive } from "./world/receive.ts";
import { createSpoiler, type Spoiler } from "./world/spoil.ts";
import { createStall, passTime, type Stall } from "./world/stall.ts";
import { createStores, type Stores } from "./world/stores.ts";

interface World {
  readonly mirror: Mirror;
  readonly stores: Stores;
  readonly stall: Stall;
  readonly spoiler: Spoiler;
}

/** What the mirror may have kept of what it was sent. */
const KEPT = ["GET by digest", "GET of a blob"];
const ACCOUNT = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };
/** One upstream call that is waited for; what a store may take besides. */
const DEADLINE_SECONDS = 10;
const STORES_SECONDS = 10;
/** A body that is passed on takes as long as the upstream takes to send it. */
const DRIP_SECONDS = 20;
/** The longest that a failure is remembered, and that a tag is trusted. */
const MEMORY_SECONDS = 60;

/** What came of a cell. */
export interface CellResult {
  /** Whether the request made a call that went wrong. */
  readonly isMet: boolean;
  /** A sentence for each thing that is not as it must be. */
  readonly complaints: readonly string[];
}

/** Lets one thing go wrong for one request; then all is well again, and what follows must be right. */
export async function runCell(
  createMirror: (options: MirrorOptions) => Mirror,
  cell: Cell,
): Promise<CellResult> {
  const world = await arrange(createMirror, cell);
  const { mirror, stores, stall, spoiler } = world;
  const { outcome, isStruck } = predict(cell);
  const received = await receive(mirror, stall, cell.request);
  const isMet = spoiler.struck() > 0;
  spoiler.end();
  stores.heal();
  await settle(world);
  if (received === null) return { isMet, complaints: ["no answer in time"] };
  const complaints = [
    ...judge(cell, outcome, received),
    ...(isMet === isStruck ? [] : [`${isMet ? "" : "not "}met, against what was foreseen`]),
    ...judgeSeconds(received.seconds, cell, outcome),
    ...(await wrongContents(stores.contents())),
    ...(isMet || cell.state.failures ? await judgeAfterwards(world, cell, outcome) : []),
    ...mirror.hub.leaks,
    ...judgeLog(mirror),
  ];
  return { isMet, complaints };
}

async function arrange(
  createMirror: (options: MirrorOptions) => Mirror,
  { place, fault, state }: Cell,
): Promise<World> {
  const { isWarm, hasBucket, isElsewhere, hasMoved, ageSeconds = 0, failures = [] } = state;
  const stall = createStall();
  const stores = createStores(stall);
  const spoilers: Spoiler[] = [];
  const mirror = createMirror({
    env: state.isAnonymous ? {} : ACCOUNT,
    hub: { accounts: { sampan: "hunter2" } },
    bindings: { CACHE: stores.kv, ...(hasBucket ? { BLOBS: stores.bucket } : {}) },
    openCache: stores.openEdge,
    network: (hub) => (input, init) => (spoilers[0]?.through(hub) ?? hub)(input as string, init),
  });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  mirror.hub.push("library/busybox", null, imageWithBlob(LARGE_BLOB));
  if (isWarm) await warm(mirror, hasBucket ? [TAG, BLOB, LARGE] : [TAG, BLOB]);
  if (hasMoved) mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
  mirror.clock.advance(ageSeconds);
  if (isElsewhere) {
    stores.moveEdge();
    mirror.restart();
  }
  stores.fail(failures);
  const spoiler = createSpoiler(place, fault, { clock: mirror.clock, stall });
  spoilers.push(spoiler);
  mirror.hub.intercept(spoiler.interceptor);
  return { mirror, stores, stall, spoiler };
}

async function warm(mirror: Mirror, subjects: readonly { path: string }[]): Promise<void> {
  for (const { path } of subjects) {
    await (await mirror.send(path)).arrayBuffer();
    await mirror.settle();
  }
}

/** What goes on after an answer may take its time. */
async function settle({ mirror, stall }: World): Promise<void> {
  await passTime(mirror.settle(), { clock: mirror.clock, stall, maxSeconds: MEMORY_SECONDS });
}

/** G5: nobody waits for longer than one call may take. */
function judgeSeconds(seconds: number, { state, fault }: Cell, outcome: Outcome): string[] {
  if (outcome.kind === "stalls") return [];
  const isHanging = state.failures?.some((failure) => failure.includes("hangs")) ?? false;
  const isWaiting = ["silent", "stuck", "slow"].includes(fault.kind);
  const call = outcome.kind === "right" && fault.kind === "slow" ? DRIP_SECONDS : DEADLINE_SECONDS;
  const most = (isWaiting ? call : 0) + (isHanging ? STORES_SECONDS : 0);
  return seconds <= most ? [] : [`it took ${seconds} s, not ${most} at most`];
}

/** The same again, and what may have been kept by the way. */
async function judgeAfterwards(world: World, cell: Cell, outcome: Outcome): Promise<string[]> {
  const { mirror, stall } = world;
  if (isRemembered(cell, outcome)) mirror.clock.advance(MEMORY_SECONDS);
  const others = REQUESTS.filter(({ name }) => KEPT.includes(name));
  const complaints: string[] = [];
  for (const request of [cell.request, ...others]) {
    const received = await receive(mirror, stall, request);
    const wrongs = received
      ? judgeRight(request, rightOf(request, cell.state), received)
      : ["no answer in time"];
    complaints.push(...wrongs.map((wrong) => `afterwards, ${request.name}: ${wrong}`));
    await settle(world);
  }
  return complaints;
}

/** What the mirror says for want of anything better is not remembered: at once all is well again. */
function isRemembered({ request }: Cell, outcome: Outcome): boolean {
  if (outcome.kind === "breaks" || outcome.kind === "stalls") return false;
  if (outcome.kind === "as sent") return request.method === "HEAD";
  return outcome.kind !== "fails" || outcome.status < 500;
}
