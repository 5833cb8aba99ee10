import { RegistryError } from "../protocol/errors.ts";
import type { ImageGlob } from "../protocol/glob.ts";
import type { Name } from "../protocol/name.ts";
import type { Reference, Tag } from "../protocol/reference.ts";
import type { AccessConfig } from "./context.ts";

type Rules = Pick<AccessConfig, "allowedImages" | "deniedImages">;

/**
 * Applies `IMAGES_DENY`, then `IMAGES_ALLOW`, to the full name. A rule with a tag denies just that
 * tag; it allows that tag and, since a client asks for the rest by digest, what has no tag.
 *
 * @param reference null for blobs, tag lists and referrers.
 * @throws RegistryError DENIED that names the rule.
 */
export function checkImage(rules: Rules, name: Name, reference: Reference | null): void {
  const tag = reference?.kind === "tag" ? reference.tag : null;
  const denied = rules.deniedImages.find((rule) => denies(rule, name, tag));
  if (denied) throw forbidden(name, tag, `the rule "${denied.text}" of IMAGES_DENY forbids it`);
  const { allowedImages } = rules;
  if (allowedImages.length === 0 || allowedImages.some((rule) => allows(rule, name, tag))) return;
  throw forbidden(name, tag, "no rule of IMAGES_ALLOW allows it");
}

function denies(rule: ImageGlob, name: Name, tag: Tag | null): boolean {
  if (!rule.matchesName(name)) return false;
  return rule.matchesTag === null || (tag !== null && rule.matchesTag(tag));
}

function allows(rule: ImageGlob, name: Name, tag: Tag | null): boolean {
  return (
    rule.matchesName(name) && (rule.matchesTag === null || tag === null || rule.matchesTag(tag))
  );
}

function forbidden(name: Name, tag: Tag | null, why: string): RegistryError {
  const image = tag === null ? name : `${name}:${tag}`;
  return new RegistryError("DENIED", `${image} is not for this mirror: ${why}`);
}
