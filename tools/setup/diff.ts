/** Unchanged lines shown on each side of a change. */
const CONTEXT = 1;

interface Line {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/** @returns the lines that differ, marked with `-` and `+`, and their neighbours. */
export function diff(before: string, after: string): string {
  const lines = compare(before.split(/\r?\n/), after.split(/\r?\n/));
  const shown = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ sign }) => sign !== " "),
  );
  return lines
    .flatMap(({ sign, text }, at) => {
      if (!shown[at]) return [];
      return [...(at > 0 && !shown[at - 1] ? ["  …"] : []), `${sign} ${text}`.trimEnd()];
    })
    .join("\n");
}

/** Uses the longest common subsequence: quadratic, but fast enough for some hundred lines. */
function compare(before: readonly string[], after: readonly string[]): Line[] {
  const common = commonLengths(before, after);
  const lines: Line[] = [];
  let [b, a] = [0, 0];
  while (b < before.length || a < after.length) {
    if (b < before.length && before[b] === after[a]) {
      lines.push({ sign: " ", text: before[b] ?? "" });
      b += 1;
      a += 1;
    } else if ((common[b + 1]?.[a] ?? -1) >= (common[b]?.[a + 1] ?? -1)) {
      lines.push({ sign: "-", text: before[b] ?? "" });
      b += 1;
    } else {
      lines.push({ sign: "+", text: after[a] ?? "" });
      a += 1;
    }
  }
  return lines;
}

/** @returns for each pair of positions, the length of the longest common subsequence from there. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const lengths = Array.from({ length: before.length + 1 }, () =>
    new Array<number>(after.length + 1).fill(0),
  );
  for (let b = before.length - 1; b >= 0; b -= 1) {
    const [row = [], next = []] = [lengths[b], lengths[b + 1]];
    for (let a = after.length - 1; a >= 0; a -= 1) {
      row[a] =
        before[b] === after[a] ? (next[a + 1] ?? 0) + 1 : Math.max(next[a] ?? 0, row[a + 1] ?? 0);
    }
  }
  return lengths;
}
