import { RegistryError } from "../protocol/errors.ts";
import { type ImageGlob, parseImageGlob } from "../protocol/glob.ts";
import { isHost } from "../protocol/name.ts";
import type { Reference, Tag } from "../protocol/reference.ts";
import type { Image } from "./image.ts";
import { findRegistry, type Registries, type Registry } from "./registry.ts";

/** A pattern for the images of one registry. */
export interface ImageRule extends ImageGlob {
  readonly registry: Registry;
}

interface Rules {
  readonly allowedImages: readonly ImageRule[];
  readonly deniedImages: readonly ImageRule[];
}

/**
 * Parses `library/*`, or with a registry in front `ghcr.io/owner/**`. Without one it is for the
 * primary registry alone.
 *
 * @returns null for what is no pattern, or of a registry that is not in the table.
 */
export function parseImageRule(text: string, registries: Registries): ImageRule | null {
  const slash = text.indexOf("/");
  const isNamed = slash > 0 && isHost(text.slice(0, slash)) && !text.slice(0, slash).includes("*");
  const registry = isNamed ? findRegistry(registries, text.slice(0, slash)) : registries.primary;
  const glob = parseImageGlob(isNamed ? text.slice(slash + 1) : text);
  return registry && glob && { ...glob, text, registry };
}

/**
 * Applies `IMAGES_DENY`, then `IMAGES_ALLOW`, to the full name. A rule with a tag denies just that
 * tag; it allows that tag and, since a client asks for the rest by digest, what has no tag.
 *
 * @param reference null for blobs, tag lists and referrers.
 * @throws RegistryError DENIED that names the rule.
 */
export function checkImage(rules: Rules, image: Image, reference: Reference | null): void {
  const tag = reference?.kind === "tag" ? reference.tag : null;
  const denied = rules.deniedImages.find((rule) => denies(rule, image, tag));
  if (denied) throw forbidden(image, tag, `the rule "${denied.text}" of IMAGES_DENY forbids it`);
  const { allowedImages } = rules;
  if (allowedImages.length === 0 || allowedImages.some((rule) => allows(rule, image, tag))) return;
  throw forbidden(image, tag, "no rule of IMAGES_ALLOW allows it");
}

function denies(rule: ImageRule, image: Image, tag: Tag | null): boolean {
  if (!isMeant(rule, image)) return false;
  return rule.matchesTag === null || (tag !== null && rule.matchesTag(tag));
}

function allows(rule: ImageRule, image: Image, tag: Tag | null): boolean {
  return isMeant(rule, image) && (rule.matchesTag === null || tag === null || rule.matchesTag(tag));
}

function isMeant(rule: ImageRule, { registry, name }: Image): boolean {
  return rule.registry.name === registry.name && rule.matchesName(name);
}

function forbidden({ name }: Image, tag: Tag | null, why: string): RegistryError {
  const image = tag === null ? name : `${name}:${tag}`;
  return new RegistryError("DENIED", `${image} is not for this mirror: ${why}`);
}
