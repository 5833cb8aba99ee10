import type { Ask } from "./http/reply.ts";
import type { Image } from "./image.ts";
import type { Target } from "./target.ts";

/** Who the doctor logs in as. */
export interface User {
  readonly name: string;
  readonly token: string;
}

/** What the doctor is sent to look at. */
export interface Question {
  readonly target: Target;
  readonly image: Image;
  readonly user: User | null;
  /** A repository that nobody should get through this mirror, or null. */
  readonly privateImage: Image | null;
}

/** How one request differs from a plain GET. */
export type AskOptions = Partial<Pick<Ask, "method" | "headers" | "body" | "maxBytes">>;
