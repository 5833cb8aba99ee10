import { expect, test } from "vitest";
import { parseOptions } from "../../bench/options.ts";

test("without arguments, the bench makes a full run at three distances", () => {
  expect(parseOptions([])).toEqual({
    isHelp: false,
    isQuick: false,
    isSaved: false,
    latencies: [
      { registry: 0, auth: 0, storage: 0 },
      { registry: 50, auth: 50, storage: 50 },
      { registry: 200, auth: 200, storage: 200 },
    ],
    storeLatencyMs: 0,
    peers: [],
    workers: [],
    hubPort: 5100,
  });
});

test("each host of the upstream can have its own distance", () => {
  const options = parseOptions(["--latency", "50/20/200", "--store-latency", "20"]);
  expect(options?.latencies).toEqual([{ registry: 50, auth: 20, storage: 200 }]);
  expect(options?.storeLatencyMs).toBe(20);
});

test("running mirrors and further Workers have names", () => {
  const options = parseOptions([
    ...["--peer", "a=http://127.0.0.1:1234", "--mirror", "b=http://127.0.0.1:1235"],
    ...["--worker", "old=dist/old=1/worker.js", "--hub-port", "6000"],
  ]);
  expect(options).toMatchObject({
    peers: [
      { name: "a", location: "http://127.0.0.1:1234" },
      { name: "b", location: "http://127.0.0.1:1235" },
    ],
    workers: [{ name: "old", location: "dist/old=1/worker.js" }],
    hubPort: 6000,
  });
});

test.each([
  ["an unknown option", ["--fast"]],
  ["a latency that is no number", ["--latency", "far"]],
  ["a store latency that is no number", ["--store-latency", "near"]],
  ["four latencies for three hosts", ["--latency", "50/20/30/40"]],
  ["two latencies for three hosts", ["--latency", "50/20"]],
  ["a peer without a name", ["--peer", "http://127.0.0.1:1234"]],
  ["a peer with a path", ["--peer", "a=http://127.0.0.1:1234/v2/"]],
  ["a reserved name", ["--worker", "sampan=worker.js"]],
  ["the same name twice", ["--worker", "a=1.js", "--peer", "a=http://127.0.0.1:1234"]],
  ["a first port without room for two more", ["--hub-port", "65534"]],
])("%s is invalid", (_, args) => {
  expect(parseOptions(args)).toBeNull();
});
