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
  let preferred: Language = "en";
  let highest = 0;
  for (const range of (header ?? "").split(",")) {
    const [, language = "", q = "1"] = RANGE.exec(range) ?? [];
    const weight = language === "" ? 0 : Number(q);
    // Of equal weights the first one wins.
    if (weight <= highest) continue;
    highest = weight;
    preferred = language.toLowerCase() === "zh" ? "zh" : "en";
  }
  return preferred;
}
