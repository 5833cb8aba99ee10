export type Language = "en" | "zh";

/** The name of each language in itself, and its tag for `lang` and `hreflang`. */
export const LANGUAGES = {
  en: { name: "English", tag: "en" },
  zh: { name: "简体中文", tag: "zh-Hans" },
} as const;

// RFC 9110, section 12.5.4: one range of `Accept-Language`, in a language of the page.
const RANGE = /^\s*(en|zh)(?:-[a-z0-9-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/i;

/**
 * @param chosen the query `lang` of a link, or null.
 * @param header `Accept-Language`, or null.
 * @returns the chosen language, otherwise the one that the browser prefers, otherwise English.
 */
export function pickLanguage(chosen: string | null, header: string | null): Language {
  if (chosen === "en" || chosen === "zh") return chosen;
  const preferred = (header ?? "")
    .split(",")
    .map(parseRange)
    .filter(({ weight }) => weight > 0)
    // Stable: of equal weights the first one wins.
    .sort((a, b) => b.weight - a.weight);
  return preferred[0]?.language ?? "en";
}

/** @returns a weight of 0 for any other language. */
function parseRange(range: string): { readonly language: Language; readonly weight: number } {
  const [, language = "", q = "1"] = RANGE.exec(range) ?? [];
  const weight = language === "" ? 0 : Number(q);
  return { language: language.toLowerCase() === "zh" ? "zh" : "en", weight };
}
