/**
 * @returns the function made anew from its own source, as the page's script has it: what it would
 * need of its file is not there.
 */
// biome-ignore lint/suspicious/noExplicitAny: any function.
export function alone<F extends (...args: any[]) => unknown>(part: F): F {
  return new Function(`"use strict";return ${part}`)();
}
