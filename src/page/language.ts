export type Language = "en" | "zh";

/** Each language as it calls itself, and its tag for `lang` and `hreflang`. */
export const LANGUAGES = {
  en: { name: "English", tag: "en" },
  zh: { name: "简体中文", tag: "zh-Hans" },
} as const;

interface Liking {
  readonly language: Language;
  readonly weight: number;
}

// RFC 9110, section 12.5.4: one element of `Accept-Language`, in a language that there is.
const RANGE = /^\s*(en|zh)(?:-[a-z0-9-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/i;

/**
 * @param asked what a link asked for, or null.
 * @param header `Accept-Language`, or null.
 * @returns the language asked for, else the one that the browser likes best, else English.
 */
export function pickLanguage(asked: string | null, header: string | null): Language {
  if (asked === "en" || asked === "zh") return asked;
  const liked = (header ?? "")
    .split(",")
    .map(readRange)
    .filter(({ weight }) => weight > 0)
    // Stable: between equals the first one is liked better.
    .sort((a, b) => b.weight - a.weight);
  return liked[0]?.language ?? "en";
}

function readRange(range: string): Liking {
  const [, language = "", q = "1"] = RANGE.exec(range) ?? [];
  const weight = language === "" ? 0 : Number(q);
  return { language: language.toLowerCase() === "zh" ? "zh" : "en", weight };
}
