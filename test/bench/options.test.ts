import { expect, test } from "vitest";
import { parseOptions } from "../../bench/options.ts";

test("without arguments, it is a whole run at three latencies", () => {
  expect(parseOptions([])).toEqual({
    isQuick: false,
    isSaved: false,
    latencies: [
      { registry: 0, auth: 0, storage: 0 },
      { registry: 50, auth: 50, storage: 50 },
      { registry: 200, auth: 200, storage: 200 },
    ],
    storeLatencyMs: 0,
    mirrors: [],
    workers: [],
    hubPort: 5100,
  });
});

test("each of the upstream's hosts may be at another distance", () => {
  const options = parseOptions(["--latency", "50/20/200", "--store-latency", "20"]);
  expect(options?.latencies).toEqual([{ registry: 50, auth: 20, storage: 200 }]);
  expect(options?.storeLatencyMs).toBe(20);
});

test("other mirrors and Workers have names of their own", () => {
  const options = parseOptions([
    ...["--mirror", "a=http://127.0.0.1:1234", "--mirror", "b=http://127.0.0.1:1235"],
    ...["--worker", "old=dist/old=1/worker.js", "--hub-port", "6000"],
  ]);
  expect(options).toMatchObject({
    mirrors: [
      { name: "a", place: "http://127.0.0.1:1234" },
      { name: "b", place: "http://127.0.0.1:1235" },
    ],
    workers: [{ name: "old", place: "dist/old=1/worker.js" }],
    hubPort: 6000,
  });
});

test.each([
  ["a word that nobody knows", ["--fast"]],
  ["a latency that is no number", ["--latency", "far"]],
  ["a distance to KV that is no number", ["--store-latency", "near"]],
  ["four latencies for three hosts", ["--latency", "50/20/30/40"]],
  ["two latencies for three hosts", ["--latency", "50/20"]],
  ["a mirror without a name", ["--mirror", "http://127.0.0.1:1234"]],
  ["a mirror that is no origin", ["--mirror", "a=http://127.0.0.1:1234/v2/"]],
  ["a name that is taken", ["--worker", "sampan=worker.js"]],
  ["two of one name", ["--worker", "a=1.js", "--mirror", "a=http://127.0.0.1:1234"]],
  ["a port that leaves none for the others", ["--hub-port", "65534"]],
])("%s makes no sense", (_, args) => {
  expect(parseOptions(args)).toBeNull();
});
