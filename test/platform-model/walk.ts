import { LAYER, type ManifestContent, OCI_MANIFEST } from "../support/contents.ts";
import type { Interceptor } from "../support/hub/faults.ts";
import type { Host } from "../support/hub.ts";
import { sha256 } from "../support/image.ts";
import {
  createPlatformModel,
  type DataCentre,
  type ModelIsolate,
  type ModelResponse,
  type PlatformModel,
  type ReadBody,
} from "../support/platform-model.ts";
import {
  type Event,
  FAULTS,
  type FaultName,
  ISOLATES,
  MANIFESTS,
  PLACES,
  type RequestName,
  type Walk,
} from "./events.ts";

/** More than the mirror keeps in memory. */
const LARGE_BYTES = Uint8Array.from({ length: 270_000 }, (_, index) => (index % 251) + 1);
const TAG_TTL_MS = 60_000;
/** Every refusal, timeout and failed check is forgotten by then. */
const RECOVERY_MS = 60_000;
/** The timeout of an upstream, and what stores take. */
const MAX_WAIT_MS = 12_000;
const DAY_MS = 24 * 60 * 60 * 1000;

interface Place {
  readonly dataCentre: DataCentre;
  readonly isolates: ModelIsolate[];
  /** The times of successful checks of the tag, while no fault was active. */
  readonly checks: number[];
  /** The manifests that were fetched here since the edge cache was emptied. */
  readonly fetched: string[];
}

/**
 * Plays a walk.
 *
 * @returns the violations of what the mirror promises; none if it is correct.
 */
export async function playWalk(walk: Walk): Promise<string[]> {
  const model = createPlatformModel({
    keepsBlobs: walk.keepsBlobs,
    kvReadMs: walk.kvReadMs,
    kvSpreadMs: () => walk.kvSpreadSeconds * 1000,
  });
  const large = await sha256(LARGE_BYTES);
  const problems: string[] = [];
  const history = [{ digest: OCI_MANIFEST.digest, from: 0 }];
  const startedAt = model.clock.now();
  let fault: { hosts: Host | "all"; name: FaultName } | null = null;
  let healthySince = 0;
  let seen = 0;
  const count = { isolates: 0, places: 0 };

  function push(manifest: ManifestContent): void {
    const blobs = new Map([
      [LAYER.digest, LAYER.bytes],
      [large, LARGE_BYTES],
    ]);
    const manifests = new Map([[manifest.digest, manifest]]);
    const image = { tagDigest: manifest.digest, manifests, blobs, platforms: new Map() };
    model.hub.push("library/busybox", "1", image);
  }
  function createIsolate({ createIsolate }: DataCentre): ModelIsolate {
    count.isolates += 1;
    return createIsolate();
  }
  function createPlace(): Place {
    count.places += 1;
    const dataCentre = model.createDataCentre();
    const isolates = Array.from({ length: ISOLATES }, () => createIsolate(dataCentre));
    return { dataCentre, isolates, checks: [], fetched: [] };
  }
  /** The manifests that the tag has had in this time. */
  function digestsBetween(from: number, to: number): string[] {
    return history
      .filter((one, index) => one.from <= to && (history[index + 1]?.from ?? to) >= from)
      .map(({ digest }) => digest);
  }
  /** Records the checks and downloads that have reached the registry. */
  function noteSent(places: readonly Place[]): void {
    for (const { url, method, dataCentre, at, status: code } of model.sent.slice(seen)) {
      const here = places.find((one) => one.dataCentre.name === dataCentre);
      const [, reference = ""] = /\/manifests\/(.+)$/.exec(url) ?? [];
      if (here === undefined || code !== 200 || reference === "" || fault !== null) continue;
      if (method === "HEAD" && reference === "1") here.checks.push(at);
      if (method !== "GET") continue;
      if (here.fetched.includes(reference)) problems.push(`a second GET of ${reference}`);
      here.fetched.push(reference);
    }
    seen = model.sent.length;
  }
  function checkTag(here: Place, sentAt: number, { headers }: ModelResponse): void {
    const digest = headers.get("docker-content-digest") ?? "";
    const now = model.clock.now();
    const isStale = headers.has("warning");
    if (!isStale && !digestsBetween(sentAt - TAG_TTL_MS, now).includes(digest)) {
      problems.push(`${digest} without a warning after its window`);
    }
    const lastCheck = here.checks.findLast((at) => at <= sentAt - TAG_TTL_MS) ?? 0;
    if (!digestsBetween(lastCheck, now).includes(digest)) {
      problems.push(`${digest} although a later check was successful`);
    }
    if (isStale && isHealthy(sentAt)) problems.push("a warning without a fault");
  }
  const isHealthy = (at: number) => fault === null && at - healthySince >= RECOVERY_MS;
  async function checkBody(
    name: RequestName,
    { status: code, headers }: ModelResponse,
    body: ReadBody,
  ) {
    const { bytes, failure } = body;
    if (failure !== null || bytes === null) {
      if (fault === null) problems.push(`${name}: ${failure}`);
      return;
    }
    if (name === "hang up") return;
    if (code >= 400) {
      const text = new TextDecoder().decode(bytes);
      if (name !== "HEAD tag" && JSON.parse(text).errors.length !== 1)
        problems.push(`${name}: ${text}`);
      if (![429, 502, 503, 504].includes(code)) problems.push(`${name}: ${code} ${text}`);
      return;
    }
    if (name !== "HEAD tag" && headers.get("content-length") !== String(bytes.byteLength)) {
      problems.push(`${name}: ${bytes.byteLength} bytes`);
    }
    if (name === "part" && code === 206) {
      const isRight = bytes.every((byte, index) => byte === LARGE_BYTES[1_000 + index]);
      if (!isRight || bytes.byteLength !== 9_000) problems.push("wrong bytes in a part");
    } else if (
      name !== "HEAD tag" &&
      (await sha256(bytes)) !== headers.get("docker-content-digest")
    ) {
      problems.push(`${name}: wrong bytes`);
    }
  }
  async function ask(here: Place, isolate: ModelIsolate, name: RequestName, dies: boolean) {
    const digest = history.at(-1)?.digest;
    const isBlob = ["small", "large", "part", "hang up"].includes(name);
    const blob = name === "small" ? LAYER.digest : large;
    const reference = name === "GET digest" ? digest : "1";
    const path = isBlob ? `blobs/${blob}` : `manifests/${reference}`;
    const headers = name === "part" ? { range: "bytes=1000-9999" } : {};
    const method = name === "HEAD tag" ? "HEAD" : "GET";
    const sentAt = model.clock.now();
    try {
      const response = await isolate.start(`/v2/busybox/${path}`, { method, headers });
      const isTag = !isBlob && reference === "1";
      if (response.waitedMs > MAX_WAIT_MS) problems.push(`${name} took ${response.waitedMs} ms`);
      if (response.status >= 400 && isHealthy(sentAt)) {
        problems.push(`${name}: ${response.status} without a fault`);
      }
      if (isTag && response.status < 400) checkTag(here, sentAt, response);
      const body = await response.read(name === "hang up" ? { disconnectAfter: 1_000 } : {});
      if (!dies) await checkBody(name, response, body);
    } catch (error) {
      if (!dies) problems.push(`${name}: ${error}`);
    }
  }
  async function pull(places: readonly Place[], event: Extract<Event, { kind: "pull" }>) {
    const here = places[event.place] as Place;
    const isolate = here.isolates[event.isolate] as ModelIsolate;
    const { dies, isParallel, requests } = event;
    const work = async () => {
      if (isParallel) await Promise.all(requests.map((name) => ask(here, isolate, name, dies)));
      else for (const name of requests) await ask(here, isolate, name, dies);
    };
    const working = work();
    if (dies) {
      await model.pass(1);
      isolate.disappear();
      here.isolates[event.isolate] = createIsolate(here.dataCentre);
    }
    await model.run(working);
    await model.settle();
  }
  async function play(places: Place[], event: Event): Promise<void> {
    switch (event.kind) {
      case "pull":
        return pull(places, event);
      case "move": {
        const manifest = MANIFESTS[event.to] as ManifestContent;
        push(manifest);
        if (manifest.digest !== history.at(-1)?.digest) {
          history.push({ digest: manifest.digest, from: model.clock.now() });
        }
        return model.pass(event.seconds);
      }
      case "break":
        fault = { hosts: event.hosts, name: event.fault };
        model.hub.intercept(interceptorOf(event.hosts, event.fault));
        return;
      case "mend":
        if (fault !== null) healthySince = model.clock.now();
        fault = null;
        model.hub.intercept(null);
        return;
      case "wait":
        return model.pass(event.seconds);
      case "new isolate": {
        const here = places[event.place] as Place;
        here.isolates.splice(0, 1);
        here.isolates.push(createIsolate(here.dataCentre));
        return;
      }
      case "new data centre":
        places[event.place] = createPlace();
        return;
      case "evict": {
        const here = places[event.place] as Place;
        here.dataCentre.edge.clear();
        // Whatever was found out here may be forgotten.
        places[event.place] = { ...here, checks: [], fetched: [] };
        count.places += 1;
        return;
      }
    }
  }
  push(OCI_MANIFEST);
  const places = Array.from({ length: PLACES }, createPlace);
  for (const event of walk.events) {
    await play(places, event);
    noteSent(places);
    if (problems.length > 0) return problems;
  }
  const days = Math.ceil((model.clock.now() - startedAt) / DAY_MS) + 1;
  problems.push(
    ...kvProblems(model, { ...count, days, moves: history.length }),
    ...model.hub.leaks,
  );
  return problems;
}

function interceptorOf(hosts: Host | "all", fault: FaultName): Interceptor {
  return ({ host }, next) => {
    if (hosts !== "all" && hosts !== host) return undefined;
    return FAULTS[fault](next) as ReturnType<Interceptor>;
  };
}

/**
 * A manifest is written once, a tag when it moves and once a week, a token once a day: by each data
 * centre that did not see the write of another one, and tokens by each isolate.
 */
function kvProblems(
  { kv }: PlatformModel,
  { isolates, places, days, moves }: Record<"isolates" | "places" | "days" | "moves", number>,
): string[] {
  const budget: Readonly<Record<string, number>> = {
    manifest: MANIFESTS.length * places,
    tag: places * (moves + Math.ceil(days / 7)),
    token: isolates * days,
  };
  const kinds = kv.writes.map(({ key }) => key.split("/")[1] ?? key);
  return [...new Set(kinds)].flatMap((kind) => {
    const written = kinds.filter((one) => one === kind).length;
    return written <= (budget[kind] ?? 0) ? [] : [`${written} KV writes of ${kind}`];
  });
}
