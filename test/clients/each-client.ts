import { describe, test } from "vitest";
import { type Entry, roster } from "./roster.ts";

/** The clients that cannot be run here, and why. */
export const absent = roster.flatMap(({ title, obstacle }) =>
  obstacle ? [`${title} (${obstacle})`] : [],
);

/** Describes what needs a client, whichever; skipped where there is none. */
export const describeClients = describe.skipIf(absent.length === roster.length);

/** Of every image by every route, on a machine that has other things to do. */
const PULL_MS = 180_000;

/** Describes each client; those that cannot be run here are skipped. */
export function describeEach(describeEntry: (entry: Entry) => void): void {
  for (const entry of roster) {
    const { title, obstacle } = entry;
    const heading = obstacle === null ? title : `${title} (${obstacle})`;
    describe.skipIf(obstacle !== null)(heading, () => describeEntry(entry));
  }
}

/** Tests that each client does something with every image. */
export function testEach(deed: string, work: (entry: Entry) => Promise<void>): void {
  for (const entry of roster) {
    test.skipIf(entry.obstacle !== null)(`${entry.title} ${deed}`, () => work(entry), PULL_MS);
  }
}
