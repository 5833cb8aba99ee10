import { imageOf, OCI_NEXT } from "../../support/contents.ts";
import type { Mirror, MirrorOptions } from "../../support/mirror/in-process.ts";
import { CASES, type Case } from "./faults.ts";
import { judge, judgeLog, judgeRight } from "./judge.ts";
import { BLOB, LARGE, REQUESTS, TAG } from "./requests.ts";
import { type Cell, type Outcome, predict, rightOf } from "./rules.ts";
import { STATES, type State } from "./states.ts";
import { ACCOUNT, createWorld, type World } from "./world.ts";

/** Requests whose content the mirror may have stored while answering another. */
const STORED = ["GET by digest", "GET of a blob"];
/** One upstream call that is waited for; how long a store may take besides. */
const DEADLINE_SECONDS = 10;
const STORES_SECONDS = 10;
/** A body that is passed on takes as long as the upstream takes to send it. */
const DRIP_SECONDS = 20;
/** The longest that a failure is remembered, and that a tag is trusted. */
const MEMORY_SECONDS = 60;
/** After this the cell waits for something that its clock does not know of. */
const MAX_REAL_MS = 20_000;

/** @returns a case in every state of the caches, for every kind of request. */
export function cellsOf(one: Case): Cell[] {
  return STATES.flatMap((state) => REQUESTS.map((request) => ({ ...one, state, request })));
}

/** The quick slice has every so many states of each case. */
const SLICE = 6;

/**
 * @returns a case in some of the states, each for one request that the fault strikes; other states
 * and other requests from case to case.
 */
export function sliceOf(one: Case): Cell[] {
  const offset = CASES.indexOf(one);
  return STATES.filter((_, index) => index % SLICE === offset % SLICE).flatMap((state, index) => {
    const cells = REQUESTS.map((request) => ({ ...one, state, request }));
    const struck = cells.filter((cell) => predict(cell).isStruck);
    return struck.slice((offset + index) % (struck.length || 1)).slice(0, 1);
  });
}

/** The result of some cells. */
export interface CellsResult {
  readonly cells: number;
  /** Cells whose request made a call that the fault struck. */
  readonly met: number;
  /** Cells that came out as predicted. */
  readonly survived: number;
  /** A line for each that did not. */
  readonly complaints: readonly string[];
}

type CreateMirror = (options: MirrorOptions) => Mirror;

/** Runs one cell after the other. */
export async function runCells(
  createMirror: CreateMirror,
  cells: readonly Cell[],
): Promise<CellsResult> {
  let [met, survived] = [0, 0];
  const complaints: string[] = [];
  for (const cell of cells) {
    const result = await inTime(runCell(createMirror, cell));
    if (result.isMet) met += 1;
    if (result.complaints.length === 0) survived += 1;
    else complaints.push(`${cell.state.name}, ${cell.request.name}: ${result.complaints}`);
  }
  return { cells: cells.length, met, survived, complaints };
}

interface CellResult {
  readonly isMet: boolean;
  readonly complaints: readonly string[];
}

/** A cell that hangs or throws is reported like any other. */
async function inTime(result: Promise<CellResult>): Promise<CellResult> {
  const { promise: tooLong, resolve } = Promise.withResolvers<CellResult>();
  const fail = (complaint: string) => ({ isMet: false, complaints: [complaint] });
  const timer = setTimeout(() => resolve(fail(`no end after ${MAX_REAL_MS} ms`)), MAX_REAL_MS);
  const failed = (error: unknown) => fail(`threw ${error}`);
  return Promise.race([result.catch(failed), tooLong]).finally(() => clearTimeout(timer));
}

/** Lets one thing go wrong for one request; then all is well again, and the next must be right. */
async function runCell(createMirror: CreateMirror, cell: Cell): Promise<CellResult> {
  const world = await arrange(createMirror, cell.state);
  const { mirror, stores } = world;
  const { outcome, isStruck } = predict(cell);
  const spoiler = world.break(cell);
  const received = await world.receive(cell.request);
  const isMet = spoiler.struck() > 0;
  world.mend();
  stores.heal();
  await world.settle();
  if (received === null) return { isMet, complaints: ["no answer in time"] };
  const complaints = [
    ...judge(cell, outcome, received),
    ...(isMet === isStruck ? [] : [`${isMet ? "" : "not "}met, unlike predicted`]),
    ...judgeSeconds(received.seconds, cell, outcome),
    ...(await stores.wrongContents(isKeptAsSent(cell, outcome) ? cell.request.right.digest : null)),
    ...(isMet || cell.state.failures ? await judgeAfterwards(world, cell, outcome) : []),
    ...mirror.hub.leaks,
    ...judgeLog(mirror),
  ];
  return { isMet, complaints };
}

async function arrange(createMirror: CreateMirror, state: State): Promise<World> {
  const { isWarm, hasBucket = false, isElsewhere, hasMoved, ageSeconds = 0, failures = [] } = state;
  const world = createWorld(createMirror, { env: state.isAnonymous ? {} : ACCOUNT, hasBucket });
  const { mirror, stores } = world;
  for (const { path } of isWarm ? [TAG, BLOB, LARGE] : []) {
    await (await mirror.send(path)).arrayBuffer();
    await mirror.settle();
  }
  if (hasMoved) mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
  mirror.clock.advance(ageSeconds);
  if (isElsewhere) {
    stores.moveEdge();
    mirror.restart();
  }
  stores.fail(failures);
  return world;
}

/** G5: no request takes longer than one call may take. */
function judgeSeconds(seconds: number, { state, fault }: Cell, outcome: Outcome): string[] {
  if (outcome.kind === "stalls") return [];
  const isHanging = state.failures?.some((failure) => failure.includes("hangs")) ?? false;
  const isWaiting = ["silent", "stuck", "slow"].includes(fault.kind);
  const call = outcome.kind === "right" && fault.kind === "slow" ? DRIP_SECONDS : DEADLINE_SECONDS;
  const most = (isWaiting ? call : 0) + (isHanging ? STORES_SECONDS : 0);
  return seconds <= most ? [] : [`it took ${seconds} s, not ${most} at most`];
}

/** The same request again, and others whose content may have been stored. */
async function judgeAfterwards(world: World, cell: Cell, outcome: Outcome): Promise<string[]> {
  if (isRemembered(cell, outcome)) world.mirror.clock.advance(MEMORY_SECONDS);
  const others = REQUESTS.filter(({ name }) => STORED.includes(name));
  const again = isKeptAsSent(cell, outcome) ? [] : [cell.request];
  const complaints: string[] = [];
  for (const request of [...again, ...others]) {
    const received = await world.receive(request);
    const wrongs = received
      ? judgeRight(request, rightOf(request, cell.state), received)
      : ["no answer in time"];
    complaints.push(...wrongs.map((wrong) => `afterwards, ${request.name}: ${wrong}`));
    await world.settle();
  }
  return complaints;
}

/** Failures without a timeout are not remembered: all is well again at once. */
function isRemembered({ request }: Cell, outcome: Outcome): boolean {
  if (outcome.kind === "breaks" || outcome.kind === "stalls") return false;
  if (outcome.kind === "as sent") return request.method === "HEAD";
  return outcome.kind !== "fails" || outcome.status < 500 || outcome.status === 504;
}

/** Only clients verify a large blob, so without R2 the edge cache keeps what was sent. */
function isKeptAsSent({ request, state }: Cell, outcome: Outcome): boolean {
  return outcome.kind === "as sent" && request.subject === "large blob" && !state.hasBucket;
}
