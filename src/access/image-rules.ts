import type { AccessConfig, ImageRule } from "../config/access.ts";
import { RegistryError } from "../protocol/errors.ts";
import { imageLabel, type Reference, type Tag } from "../protocol/reference.ts";
import type { RequestedImage } from "./visibility.ts";

/**
 * Applies `IMAGES_DENY`, then `IMAGES_ALLOW`, to the full name. A rule with a tag denies only that
 * tag. It allows that tag and every request without a tag, since clients request the rest of an
 * image by digest.
 *
 * @param reference null for blobs, tag lists and referrers.
 * @throws RegistryError DENIED that names the rule.
 */
export function checkImageRules(
  rules: Pick<AccessConfig, "allowedImages" | "deniedImages">,
  image: RequestedImage,
  reference: Reference | null,
): void {
  const tag = reference?.kind === "tag" ? reference.tag : null;
  const { allowedImages, deniedImages } = rules;
  const denied = deniedImages.find((rule) => matches(rule, image, tag, false));
  const isAllowed = allowedImages.some((rule) => matches(rule, image, tag, true));
  if (!denied && (isAllowed || allowedImages.length === 0)) return;
  const label = reference === null ? image.name : imageLabel(image.name, reference);
  const reason = denied
    ? `the rule "${denied.text}" of IMAGES_DENY`
    : "no rule of IMAGES_ALLOW allows it";
  throw new RegistryError("DENIED", `${label} is not allowed on this mirror: ${reason}`);
}

/** @param matchesUntagged whether a rule with a tag matches a request without one. */
function matches(
  { registry, matchesName, matchesTag }: ImageRule,
  image: RequestedImage,
  tag: Tag | null,
  matchesUntagged: boolean,
): boolean {
  if (registry.name !== image.registry.name || !matchesName(image.name)) return false;
  return matchesTag === null || (tag === null ? matchesUntagged : matchesTag(tag));
}
