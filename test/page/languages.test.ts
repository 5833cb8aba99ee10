import { describe, expect, test } from "vitest";
import { pickLanguage } from "../../src/page/language.ts";
import { en } from "../../src/page/texts/en.ts";
import { zh } from "../../src/page/texts/zh.ts";

describe("the language of the page", () => {
  test.each([
    ["zh-CN,zh;q=0.9,en;q=0.8", "zh"],
    ["zh-TW", "zh"],
    ["zh-Hans-CN", "zh"],
    ["ZH", "zh"],
    ["en-GB,en;q=0.9,zh;q=0.8", "en"],
    ["fr-FR, zh;q=0.5, en;q=0.4", "zh"],
    ["de", "en"],
    ["*", "en"],
    ["", "en"],
    ["zhuang, enm", "en"],
    [null, "en"],
  ])("for Accept-Language %j is %s", (header, language) => {
    expect(pickLanguage(null, header)).toBe(language);
  });

  test("is that of the link, if the page has that language", () => {
    expect(pickLanguage("en", "zh")).toBe("en");
    expect(pickLanguage("zh", "en")).toBe("zh");
    expect(pickLanguage("fr", "zh")).toBe("zh");
    expect(pickLanguage("", "zh")).toBe("zh");
  });
});

/** @returns every text by its place, e.g. `docker.merge`; parameters are filled in. */
function textsOf(language: object, place = ""): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(language).flatMap(([key, value]): [string, string][] => {
      if (typeof value === "function") return [[place + key, value("{one}", "{two}", "{three}")]];
      if (typeof value === "string") return [[place + key, value]];
      return [...textsOf(value, `${place}${key}.`)];
    }),
  );
}

/** @returns the code and the parameters of a text, which no translation changes. */
function fixedParts(text: string): string[] {
  return [...text.matchAll(/`[^`]+`|\{\w+\}/g)].map(([part]) => part).sort();
}

describe("the Chinese texts", () => {
  const english = textsOf(en);
  const chinese = textsOf(zh);

  test("have the same places as the English ones, and none is empty", () => {
    expect([...chinese.keys()]).toEqual([...english.keys()]);
    expect([...english, ...chinese].filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  test.each([...english])("have the same code and parameters in %s", (place, text) => {
    expect(fixedParts(chinese.get(place) ?? "")).toEqual(fixedParts(text));
  });

  test("are in Chinese", () => {
    const latin = [...chinese].filter(([, text]) => !/\p{Script=Han}/u.test(text));
    expect(latin).toEqual([]);
  });

  test("use Chinese punctuation, and a space between Han and Latin", () => {
    const wrong = [...chinese].filter(([, text]) =>
      /\p{Script=Han}[,;:!?]|\p{Script=Han}[A-Za-z0-9`{]|[A-Za-z0-9`}]\p{Script=Han}/u.test(text),
    );
    expect(wrong).toEqual([]);
  });
});
