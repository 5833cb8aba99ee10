import { expect, test } from "vitest";
import { parseOptions } from "../../bench/options.ts";

test("without arguments, the bench makes a full run at five distances", () => {
  expect(parseOptions([])).toEqual({
    isHelp: false,
    isQuick: false,
    isReadme: false,
    isSaved: false,
    distances: [
      { latency: { registry: 0, auth: 0, storage: 0 }, storeLatencyMs: 0 },
      { latency: { registry: 50, auth: 50, storage: 50 }, storeLatencyMs: 0 },
      { latency: { registry: 200, auth: 200, storage: 200 }, storeLatencyMs: 0 },
      { latency: { registry: 200, auth: 200, storage: 200 }, storeLatencyMs: 50 },
      { latency: { registry: 200, auth: 200, storage: 200 }, storeLatencyMs: 150 },
    ],
    peers: [],
    workers: [],
    hubPort: 5100,
  });
});

test("the figures of the README need two distances", () => {
  const distances = (...args: string[]) =>
    parseOptions(args)?.distances.map(({ latency, storeLatencyMs }) => {
      return [latency.registry, storeLatencyMs];
    });
  expect(parseOptions(["--readme"])?.isReadme).toBe(true);
  expect(distances("--readme")).toEqual([
    [200, 0],
    [200, 50],
  ]);
  expect(distances("--readme", "--latency", "0")).toEqual([[0, 0]]);
});

test("each host of the upstream can have its own distance, and so can the stores", () => {
  const options = parseOptions(["--latency", "50/20/200+30"]);
  expect(options?.distances).toEqual([
    { latency: { registry: 50, auth: 20, storage: 200 }, storeLatencyMs: 30 },
  ]);
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
  ["a store latency that is no number", ["--latency", "50+near"]],
  ["two store latencies", ["--latency", "50+20+30"]],
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
