/**
 * @returns the function made anew from its own source, as the page's script has it: what it would
 * need of its file is not there.
 */
export function alone<F extends (...args: never[]) => unknown>(part: F): F {
  return new Function(`"use strict";return ${part}`)();
}
