import { describe, expect, test } from "vitest";
import { readOwn } from "../support/repository.ts";

const DAYS = 30;
/** Of Workers Paid, in dollars: its price, and what is included each month. */
const PAID = { price: 5, requests: 10e6, kvReads: 10e6, kvWrites: 1e6, logGb: 50 };
const R2_FREE = { writes: 1e6, reads: 10e6, gb: 10 };

/** What a fleet needs each day; docs/scale.md has the assumptions. */
function needsOf(machines: number, images: number, versions: number) {
  const pulls = machines * 5;
  return {
    "images in use": images,
    "new versions": versions,
    pulls,
    "Worker requests (13 a pull)": pulls * 13,
    "requests a second, if all pull within 10 minutes": Math.round((machines * 13) / 60) / 10,
    "traffic, GB (100 MB a pull)": pulls / 10,
    "Docker Hub quota (2 a new version)": versions * 2,
    "KV writes (4 a new version)": versions * 4,
    "KV reads, at most (5 a pull)": pulls * 5,
    "R2 writes (9 a new version)": versions * 9,
    "R2 reads, at most (27 a pull)": pulls * 27,
    "R2 storage, GB (an image for each version of 30 days)": (versions * DAYS) / 10,
    "log, MB (6 KB a pull)": (pulls * 6) / 1000,
  };
}

type Needs = ReturnType<typeof needsOf>;

function r2Dollars(needs: Needs): number {
  const writes = needs["R2 writes (9 a new version)"] * DAYS - R2_FREE.writes;
  const reads = needs["R2 reads, at most (27 a pull)"] * DAYS - R2_FREE.reads;
  const gb = needs["R2 storage, GB (an image for each version of 30 days)"] - R2_FREE.gb;
  const [million, positive] = [1e6, (value: number) => Math.max(value, 0)];
  return (
    (positive(writes) / million) * 4.5 + (positive(reads) / million) * 0.36 + positive(gb) * 0.015
  );
}

function paidDollars(needs: Needs): number {
  const over = (daily: number, included: number) => Math.max(daily * DAYS - included, 0);
  return (
    PAID.price +
    (over(needs["Worker requests (13 a pull)"], PAID.requests) / 1e6) * 0.3 +
    (over(needs["KV reads, at most (5 a pull)"], PAID.kvReads) / 1e6) * 0.5 +
    (over(needs["KV writes (4 a new version)"], PAID.kvWrites) / 1e6) * 5 +
    over(needs["log, MB (6 KB a pull)"] / 1000, PAID.logGb) * 0.25 +
    r2Dollars(needs)
  );
}

describe("docs/scale.md", () => {
  const fleets = [needsOf(10, 20, 5), needsOf(1_000, 200, 50), needsOf(100_000, 2_000, 500)];
  const rows = new Map(
    [...readOwn("docs/scale.md").matchAll(/^\| (.*) \|$/gm)].map(([, row = ""]) => {
      const [name = "", ...cells] = row.split(" | ");
      return [name, cells];
    }),
  );

  test("has what each fleet needs a day", () => {
    for (const name of Object.keys(fleets[0] ?? {}) as (keyof Needs)[]) {
      const expected = fleets.map((needs) => needs[name].toLocaleString("en"));
      expect([name, rows.get(name)]).toEqual([name, expected]);
    }
  });

  test("has what that costs", () => {
    expect(rows.get("a month, Workers Paid")).toEqual(
      fleets.map((needs) => `$${Math.round(paidDollars(needs))}`),
    );
    expect(rows.get("a month, free plan")).toEqual([
      ...fleets.slice(0, 2).map((needs) => `R2 $${r2Dollars(needs).toFixed(2)}`),
      "–",
    ]);
  });

  test("keeps 1,000 machines below the free plan's limits", () => {
    const needs = fleets[1] as Needs;
    expect(needs["Worker requests (13 a pull)"]).toBeLessThan(100_000);
    expect(needs["KV reads, at most (5 a pull)"]).toBeLessThan(100_000);
    expect(needs["KV writes (4 a new version)"]).toBeLessThan(1_000);
    expect(needs["R2 reads, at most (27 a pull)"] * DAYS).toBeLessThan(R2_FREE.reads);
  });
});
