import { expect, test } from "vitest";
import { pickLanguage } from "../../src/page/language.ts";

test.each([
  ["zh-CN,zh;q=0.9,en;q=0.8", "zh"],
  ["zh-TW", "zh"],
  ["zh-Hans-CN", "zh"],
  ["ZH", "zh"],
  ["en-GB,en;q=0.9,zh;q=0.8", "en"],
  ["fr-FR, zh;q=0.5, en;q=0.4", "zh"],
  ["en;q=0.5,zh", "zh"],
  ["zh;q=0, en;q=0.1", "en"],
  ["zh;q=0", "en"],
  ["de", "en"],
  ["*", "en"],
  ["", "en"],
  ["zhuang, enm", "en"],
  ["zh;q=high", "en"],
])("a browser that sends %j reads %s", (header, language) => {
  expect(pickLanguage(null, header)).toBe(language);
});

test("a browser that sends nothing reads English", () => {
  expect(pickLanguage(null, null)).toBe("en");
});

test("what a link asks for beats what the browser likes", () => {
  expect(pickLanguage("en", "zh")).toBe("en");
  expect(pickLanguage("zh", "en")).toBe("zh");
});

test("a language that there is not leaves it to the browser", () => {
  expect(pickLanguage("fr", "zh")).toBe("zh");
  expect(pickLanguage("", "zh")).toBe("zh");
});
