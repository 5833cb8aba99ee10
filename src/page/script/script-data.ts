import type { Texts } from "../texts/en.ts";
import type { MirrorNames } from "./locate-image.ts";

/** What the page's script is told of this mirror; the page holds it as JSON. */
export interface ScriptData {
  readonly names: MirrorNames;
  /** What this mirror itself puts in front of names, the longest first. */
  readonly own: readonly string[];
  /** Where the registry API is. */
  readonly api: string;
  /** Where the search API is, or null. */
  readonly search: string | null;
  /** What to accept for a tag. */
  readonly manifestTypes: string;
  /** For numbers. */
  readonly language: string;
  readonly texts: Texts["script"] & { readonly copy: string };
}
