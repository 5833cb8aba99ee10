/** What a `Range` header means for a body of `length` bytes. */
export type RangeAnswer =
  | { readonly kind: "whole" }
  | { readonly kind: "slice"; readonly start: number; readonly end: number }
  | { readonly kind: "unsatisfiable" };

/** Reads one byte range; like S3, several ranges or nonsense give the whole. `end` is inclusive. */
export function readRange(header: string | null, length: number): RangeAnswer {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (match === null || (first === "" && last === "")) return { kind: "whole" };
  const start = first === "" ? Math.max(0, length - Number(last)) : Number(first);
  const end = first === "" || last === "" ? length - 1 : Math.min(Number(last), length - 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return { kind: "whole" };
  if (start > end) return { kind: "unsatisfiable" };
  return { kind: "slice", start, end };
}
