import { expect, test } from "vitest";
import { type Document, readDocuments } from "../../../tools/logs/documents.ts";

async function documentsOf(text: string): Promise<Document[]> {
  async function* lines() {
    yield* text.split("\n");
  }
  return Array.fromAsync(readDocuments(lines()));
}

test("an object on a line is one", async () => {
  expect(await documentsOf('{"event":"request"}')).toEqual([{ json: { event: "request" } }]);
});

test("what wrangler spreads over many lines is one object, and text between stays text", async () => {
  const text = `{
    "outcome": "ok",
    "logs": [
        {
            "message": [
                "}"
            ]
        }
    ]
}
hello
{
    "outcome": "exception"
}`;

  expect(await documentsOf(text)).toEqual([
    { json: { outcome: "ok", logs: [{ message: ["}"] }] } },
    { text: "hello" },
    { json: { outcome: "exception" } },
  ]);
});

test("what looks like an object and is none is text", async () => {
  expect(await documentsOf('{"event":')).toEqual([{ text: '{"event":' }]);
  expect(await documentsOf("{\n  x\n}")).toEqual([{ text: "{\n  x\n}" }]);
  expect(await documentsOf('"text"')).toEqual([{ text: '"text"' }]);
});

test("an object that the stream cuts off is shown as the text that it is", async () => {
  expect(await documentsOf('{\n    "outcome": "ok",')).toEqual([
    { text: '{\n    "outcome": "ok",' },
  ]);
});

test("an object that never ends is not gathered for ever", async () => {
  const documents = await documentsOf(`{\n${"  x\n".repeat(9_999)}hello`);

  expect(documents).toHaveLength(2);
  expect(documents[1]).toEqual({ text: "hello" });
});
