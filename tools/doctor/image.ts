import { parseImageName } from "../../src/protocol/name.ts";
import { parseReference, referenceText } from "../../src/protocol/reference.ts";

/** The image to try. */
export interface Image {
  /** As it stands in a path, with its registry in front if it has one. */
  readonly name: string;
  /** A tag or a digest. */
  readonly reference: string;
  readonly isByDigest: boolean;
  /** `busybox` for `library/busybox`; null for any other. */
  readonly bareName: string | null;
  /** Whether a registry is named in front. */
  readonly hasRegistry: boolean;
}

/** @returns null if it is no image, e.g. for capital letters. */
export function parseImage(text: string): Image | null {
  const [, rawName = "", separator, rest] = /^(.+?)(?:(@|:(?=[^/]*$))(.+))?$/.exec(text) ?? [];
  const image = parseImageName(rawName);
  const reference = parseReference(rest ?? "latest");
  if (image === null || reference === null) return null;
  if ((separator === "@") !== (reference.kind === "digest")) return null;
  const { asked, name, host } = image;
  const full = host === null && !name.includes("/") ? `library/${name}` : asked;
  return {
    name: full,
    reference: referenceText(reference),
    isByDigest: reference.kind === "digest",
    bareName: /^library\/([^/]+)$/.exec(full)?.[1] ?? null,
    hasRegistry: host !== null,
  };
}
