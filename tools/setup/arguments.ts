import { parseArgs } from "node:util";
import { chooseLanguage, type Language, textsIn } from "./texts.ts";

/** What the command line asks for. */
export interface Options {
  readonly language: Language;
  readonly isDryRun: boolean;
  readonly isHelp: boolean;
}

const KNOWN = ["--dry-run", "--help", "-h", "--lang"];

/** @returns the options; or the language, and what is wrong in it. */
export function parseArguments(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Options | { readonly language: Language; readonly error: string } {
  const { values, tokens } = parseArgs({
    args: [...args],
    options: {
      "dry-run": { type: "boolean" },
      help: { type: "boolean", short: "h" },
      lang: { type: "string" },
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const { lang } = values;
  const wanted = chooseLanguage(typeof lang === "string" ? lang : undefined, environment);
  const language = wanted ?? chooseLanguage(undefined, environment) ?? "en";
  const texts = textsIn(language);
  const unknown = tokens
    .map((token) => (token.kind === "option" ? token.rawName : "value" in token && token.value))
    .find((name) => name && !KNOWN.includes(name));
  if (unknown) return { language, error: texts.unknownArgument(unknown) };
  if (wanted === null || lang === true) return { language, error: texts.languageValue };
  return { language, isDryRun: values["dry-run"] === true, isHelp: values.help === true };
}
