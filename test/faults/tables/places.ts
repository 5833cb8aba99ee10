import type { Call } from "./calls.ts";

/** Where something goes wrong: with all calls of these kinds, and with no others. */
export const PLACES = {
  "registry, challenge": ["challenge"],
  registry: ["manifest HEAD", "manifest GET", "blob HEAD", "blob GET", "tags", "referrers"],
  "registry, GET alone": ["manifest GET", "blob GET", "tags", "referrers"],
  "token service": ["token"],
  "blob storage": ["storage HEAD", "storage GET", "storage part", "storage probe"],
} as const satisfies Record<string, readonly Call[]>;

export type Place = keyof typeof PLACES;

export const PLACE_NAMES = Object.keys(PLACES) as Place[];

/** @returns whether what goes wrong at the place goes wrong with the call. */
export function strikes(place: Place, call: Call): boolean {
  return (PLACES[place] as readonly Call[]).includes(call);
}
