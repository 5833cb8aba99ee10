import { expect, test } from "vitest";
import type { Entry } from "../../../tools/logs/entry.ts";
import { isWanted } from "../../../tools/logs/filter.ts";

const line = (fields: object): Entry => ({
  kind: "line",
  at: null,
  line: { event: "request", ...fields },
});
const ended = (outcome: string): Entry => ({
  kind: "platform",
  at: null,
  outcome,
  subject: "",
  exceptions: [],
});

test("with no status given, everything is wanted", () => {
  expect(isWanted(line({ status: 200 }), [])).toBe(true);
  expect(isWanted({ kind: "text", at: null, text: "x" }, [])).toBe(true);
});

test.each<[string, Entry, "ok" | "error" | "canceled"]>([
  ["a success", line({ status: 200 }), "ok"],
  ["what the client has", line({ status: 304 }), "ok"],
  ["an answered error", line({ status: 404 }), "error"],
  ["a run of the cron that broke off", line({ event: "sweep", reason: "Error: x" }), "error"],
  ["a run with tags that failed", line({ event: "warm", checked: 3, failed: 1 }), "error"],
  ["a run without", line({ event: "warm", checked: 3, failed: 0 }), "ok"],
  ["a cache that failed", line({ event: "cache failed" }), "error"],
  ["a sweep", line({ event: "sweep", deletedBlobs: 3 }), "ok"],
  ["an exception", ended("exception"), "error"],
  ["a client that went away", ended("canceled"), "canceled"],
  ["text", { kind: "text", at: null, text: "x" }, "ok"],
])("%s counts as one status alone", (_, entry, status) => {
  const all = ["ok", "error", "canceled"] as const;

  expect(all.filter((wanted) => isWanted(entry, [wanted]))).toEqual([status]);
});
