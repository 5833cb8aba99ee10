import { callsOf, effectOf, isPreliminary } from "../../faults/oracle.ts";
import type { Call } from "../../faults/tables/calls.ts";
import { type Effect, passing } from "../../faults/tables/effects.ts";
import type { Fault } from "../../faults/tables/faults.ts";
import { type Place, strikes } from "../../faults/tables/places.ts";
import type { RequestKind } from "../../faults/tables/requests.ts";
import type { Knowledge } from "../../faults/tables/states.ts";

/** Something that was wrong at the upstream. */
export interface Trouble {
  readonly place: Place;
  readonly fault: Fault;
  /** Milliseconds since 1970; infinite while it lasts. */
  readonly until: number;
}

const NOTHING_KNOWN: Knowledge = {
  ...{ challenge: false, token: false, tag: "unknown", manifest: false },
  ...{ blob: false, largeBlob: false },
};
/** What a host that hung is given, and whoever needs it meanwhile is told. */
const RESTING = passing(503);

/**
 * @param troubles that the request may have met, or that may be remembered.
 * @returns what the contract lets come of the request beside the right answer, whatever the caches
 * have: a trouble excuses only what needs the calls that it strikes. That a store fails or hangs
 * excuses nothing.
 */
export function excusesFor(request: RequestKind, troubles: readonly Trouble[]): Effect[] {
  const calls = callsOf(request, NOTHING_KNOWN, { hasMoved: true });
  const effects: Effect[] = [];
  for (const call of calls) {
    for (const { fault } of troubles.filter((one) => strikes(one.place, call))) {
      const effect = effectOf(call, fault, true);
      if (effect.kind === "fails" || !isPreliminary(call, request)) effects.push(effect);
      if (effect.kind === "instead" && !calls.includes(effect.call)) calls.push(effect.call);
    }
    const isHanging = troubles.some(
      ({ place, fault }) => fault.kind === "silent" && hostOf(place) === hostOf(call),
    );
    if (isHanging) effects.push(RESTING);
  }
  return effects;
}

/** Whose rest it is: the registry is struck in three ways. */
function hostOf(what: Place | Call): "token" | "storage" | "registry" {
  if (what.startsWith("token")) return "token";
  return what.includes("storage") ? "storage" : "registry";
}
