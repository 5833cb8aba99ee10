import { expect, test } from "vitest";
import { createRedactor } from "../../../tools/doctor/redact.ts";

test("a secret is hidden wherever it stands, also as a URL or a header has it", () => {
  const hide = createRedactor(["to ken+/", "bob:to ken+/"]);

  expect(hide("a to ken+/ b to ken+/")).toBe("a … b …");
  expect(hide("https://m.example/to%20ken%2B%2F/v2/")).toBe("https://m.example/…/v2/");
  expect(hide("Basic Ym9iOnRvIGtlbisv")).toBe("Basic …");
  expect(hide("bob:to ken+/")).toBe("…");
});

test("without a secret nothing is hidden", () => {
  expect(createRedactor([])("text")).toBe("text");
  expect(createRedactor([""])("text")).toBe("text");
});
