export type Language = "en" | "zh";

/** The name of each language in itself, and its tag for `lang` and `hreflang`. */
export const LANGUAGES = {
  en: { name: "English", tag: "en" },
  zh: { name: "简体中文", tag: "zh-Hans" },
} as const;

/**
 * @param chosen the query `lang` of a link, or null.
 * @param header `Accept-Language`, or null: browsers put the preferred language first.
 * @returns the chosen language, otherwise the one that the browser prefers, otherwise English.
 */
export function pickLanguage(chosen: string | null, header: string | null): Language {
  if (chosen === "en" || chosen === "zh") return chosen;
  const [language] = /\b(?:en|zh)\b/i.exec(header ?? "") ?? [];
  return language?.toLowerCase() === "zh" ? "zh" : "en";
}
