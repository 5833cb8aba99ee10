import type { Guide } from "../../../src/page/guides/guide.ts";
import { en } from "../../../src/page/texts/en.ts";

/** @returns the texts to copy of a guide, each under where it goes. */
export function codesOf({ steps }: Guide): [title: string, text: string][] {
  return steps.flatMap(({ code }) => (code === null ? [] : [[code.title, code.text]]));
}

/** @returns the first text to copy that has `part` in it; empty if none has. */
export function codeWith(guide: Guide, part: string): string {
  return codesOf(guide).find(([, text]) => text.includes(part))?.[1] ?? "";
}

/** @returns what the steps of a guide say. */
export function saidBy({ steps }: Guide): string[] {
  return steps.map(({ text }) => text);
}

export const texts = en;
