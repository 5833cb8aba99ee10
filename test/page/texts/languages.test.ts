import { expect, test } from "vitest";
import { en } from "../../../src/page/texts/en.ts";
import { zh } from "../../../src/page/texts/zh.ts";

/** Every text of a language by its place, e.g. `docker.merge`; those with values in, filled in. */
type Said = ReadonlyMap<string, string>;

function saidIn(texts: object, place = ""): Said {
  return new Map(
    Object.entries(texts).flatMap(([key, value]): [string, string][] => {
      if (typeof value === "function") return [[place + key, value("{one}", "{two}", "{three}")]];
      if (typeof value === "string") return [[place + key, value]];
      return [...saidIn(value, `${place}${key}.`)];
    }),
  );
}

/** @returns what stands in a text that no translation changes: code, and values. */
function fixedIn(text: string): string[] {
  return [...text.matchAll(/`[^`]+`|\{\w+\}/g)].map(([part]) => part).sort();
}

const english = saidIn(en);
const chinese = saidIn(zh);

test("both languages have something to say in every place", () => {
  expect([...chinese.keys()]).toEqual([...english.keys()]);
  expect([...english, ...chinese].filter(([, text]) => text.trim() === "")).toEqual([]);
});

test.each([...english])("%s has the same code and the same values in Chinese", (place, text) => {
  expect(fixedIn(chinese.get(place) ?? "")).toEqual(fixedIn(text));
});

test("Chinese is Chinese, apart from names", () => {
  const latin = [...chinese].filter(([, text]) => !/\p{Script=Han}/u.test(text));
  expect(latin).toEqual([]);
});

test("Chinese has its own punctuation, and a space between Han and Latin", () => {
  const wrong = [...chinese].filter(([, text]) =>
    /\p{Script=Han}[,;:!?]|\p{Script=Han}[A-Za-z0-9`{]|[A-Za-z0-9`}]\p{Script=Han}/u.test(text),
  );
  expect(wrong).toEqual([]);
});
