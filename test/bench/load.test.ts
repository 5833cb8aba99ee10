import { afterEach, beforeEach, expect, test } from "vitest";
import {
  createLoadGenerator,
  createResponseReader,
  type LoadGenerator,
  type ResponseSummary,
} from "../../bench/load.ts";
import { createListener, type Listener } from "../support/serve.ts";

const LENGTH = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const EMPTY = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
const CHUNKED =
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nb\r\n hello\r\n0\r\n\r\n0\r\n\r\n";

function read(text: string, pieceBytes: number): ResponseSummary[] {
  const responses: ResponseSummary[] = [];
  const receive = createResponseReader((response) => responses.push(response));
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    receive(bytes.subarray(start, start + pieceBytes));
  }
  return responses;
}

test.each([1, 2, 3, 7, 64, 1000])("responses are separated in pieces of %i bytes", (pieceBytes) => {
  expect(read(LENGTH + CHUNKED + EMPTY + LENGTH, pieceBytes)).toEqual([
    { status: 200, bytes: 5 },
    { status: 200, bytes: 16 },
    { status: 404, bytes: 0 },
    { status: 200, bytes: 5 },
  ]);
});

test("a response ends with its last byte, not before", () => {
  expect(read(LENGTH.slice(0, -1), 1000)).toEqual([]);
  expect(read(CHUNKED.slice(0, -1), 1000)).toEqual([]);
});

test("a response that ends with its connection is rejected", () => {
  expect(() => read("HTTP/1.1 200 OK\r\nServer: old\r\n\r\nhello", 1000)).toThrow(
    "response without a length",
  );
});

let status = 200;
let seen: Request[] = [];
let server: Listener;
let generator: LoadGenerator;

beforeEach(async () => {
  status = 200;
  seen = [];
  server = await createListener(async (request) => {
    seen.push(request);
    return new Response("0123456789", { status, headers: { "content-length": "10" } });
  });
  generator = createLoadGenerator();
});

afterEach(async () => {
  await generator.close();
  await server.stop();
});

const load = (durationMs: number) => ({
  ...{ url: `${server.origin}/a?b=c`, headers: { accept: "text/plain" } },
  ...{ connections: 4, durationMs },
});

test("every request has the URL and headers of the load, and every response is counted", async () => {
  const { responses, bytes, ms } = await generator.apply(load(50));
  expect(responses).toBe(seen.length);
  expect(bytes).toBe(10 * responses);
  expect(ms).toBeGreaterThanOrEqual(50);
  expect(new Set(seen.map(({ url }) => url))).toEqual(new Set([`${server.origin}/a?b=c`]));
  expect(seen[0]?.headers.get("accept")).toBe("text/plain");
});

test("no request starts after the duration, except one per connection", async () => {
  expect((await generator.apply(load(0))).responses).toBe(4);
});

test("a response that is not 200 fails the load", async () => {
  status = 503;
  await expect(generator.apply(load(50))).rejects.toThrow(
    `GET ${server.origin}/a?b=c returned 503 under load`,
  );
});
