import { type Cell, predict } from "./oracle.ts";
import { FAULTS, type Fault } from "./tables/faults.ts";
import { PLACE_NAMES, type Place } from "./tables/places.ts";
import { REQUESTS } from "./tables/requests.ts";
import { STATES } from "./tables/states.ts";

/** What goes wrong, and where; each has a test of its own. */
export interface Case {
  readonly place: Place;
  readonly fault: Fault;
}

/** @returns every fault at every place where it makes sense. */
export function allCases(): Case[] {
  return PLACE_NAMES.flatMap((place) =>
    FAULTS.filter((fault) => fault.place === undefined || fault.place === place).map((fault) => ({
      place,
      fault,
    })),
  );
}

/** @returns a case in every state of the caches, for every kind of request. */
export function cellsOf({ place, fault }: Case): Cell[] {
  return STATES.flatMap((state) => REQUESTS.map((request) => ({ place, fault, state, request })));
}

/**
 * @returns a case in every state, each for one request that meets what goes wrong, another one from
 * case to case and state to state; none for a state in which nothing is met.
 */
export function sliceOf(one: Case): Cell[] {
  const turn = FAULTS.indexOf(one.fault);
  return STATES.flatMap((state, index) => {
    const cells = REQUESTS.map((request) => ({ ...one, state, request }));
    const met = cells.filter((cell) => predict(cell).isStruck);
    return met.slice((turn + index) % (met.length || 1)).slice(0, 1);
  });
}
