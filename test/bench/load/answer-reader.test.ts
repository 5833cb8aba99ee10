import { expect, test } from "vitest";
import { type Answer, createAnswerReader } from "../../../bench/load/answer-reader.ts";

const LENGTH = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const EMPTY = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
const CHUNKED =
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nb\r\n hello\r\n0\r\n\r\n0\r\n\r\n";

function read(text: string, pieceBytes: number): Answer[] {
  const answers: Answer[] = [];
  const take = createAnswerReader((answer) => answers.push(answer));
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    take(bytes.subarray(start, start + pieceBytes));
  }
  return answers;
}

test.each([1, 2, 3, 7, 64, 1000])("answers are told apart in pieces of %i bytes", (pieceBytes) => {
  expect(read(LENGTH + CHUNKED + EMPTY + LENGTH, pieceBytes)).toEqual([
    { status: 200, bytes: 5 },
    { status: 200, bytes: 16 },
    { status: 404, bytes: 0 },
    { status: 200, bytes: 5 },
  ]);
});

test("an answer is not over before its last byte", () => {
  expect(read(LENGTH.slice(0, -1), 1000)).toEqual([]);
  expect(read(CHUNKED.slice(0, -1), 1000)).toEqual([]);
});

test("an answer that ends with its connection is refused", () => {
  expect(() => read("HTTP/1.1 200 OK\r\nServer: old\r\n\r\nhello", 1000)).toThrow(
    "This answer has no end",
  );
});
