import { expect, test } from "vitest";
import { checkImageRules } from "../../src/access/image-rules.ts";
import { type ImageRule, parseImageRule } from "../../src/config/access.ts";
import { readRegistries } from "../../src/config/registries.ts";
import type { Env } from "../../src/config/settings.ts";
import type { Name } from "../../src/protocol/name.ts";
import { parseReference } from "../../src/protocol/reference.ts";

const REGISTRIES = readRegistries({
  REGISTRIES: { "ghcr.io": "https://ghcr.io" },
} as unknown as Env);
const DIGEST = `sha256:${"a".repeat(64)}`;

function rules(text: string): ImageRule[] {
  return text.split(" ").flatMap((rule) => parseImageRule(rule, REGISTRIES) ?? []);
}

/** @returns the text of the error, or null. */
function check(allow: string, deny: string, image: string): string | null {
  const [text = "", reference = ""] = image.split(" ");
  const isGhcr = text.startsWith("ghcr.io/");
  const registry = REGISTRIES.all.find(({ name }) => (name === "ghcr.io") === isGhcr);
  if (registry === undefined) throw new Error("no registry");
  const name = text.replace("ghcr.io/", "") as Name;
  const config = { allowedImages: rules(allow), deniedImages: rules(deny) };
  try {
    checkImageRules(config, { registry, name }, parseReference(reference));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

test.each([
  ["", "", "any/thing 1"],
  ["library/*", "", "library/busybox"],
  ["library/*:1*", "", "library/busybox 1.30"],
  ["library/*:1*", "", "library/busybox"],
  ["library/*:1*", "", `library/busybox ${DIGEST}`],
  ["", "*/*:latest", "library/busybox 1.30"],
  ["", "*/*:latest", `library/busybox ${DIGEST}`],
  ["", "library/*", "ghcr.io/library/busybox 1"],
])("allowed by IMAGES_ALLOW=%j and IMAGES_DENY=%j: %s", (allow, deny, image) => {
  expect(check(allow, deny, image)).toBeNull();
});

test.each([
  ["library/*", "", "team/app 1", "no rule of IMAGES_ALLOW allows it"],
  ["library/*", "", "ghcr.io/library/busybox 1", "no rule of IMAGES_ALLOW allows it"],
  ["library/*:1*", "", "library/busybox latest", "no rule of IMAGES_ALLOW allows it"],
  ["", "*/*:latest", "library/busybox latest", 'the rule "*/*:latest" of IMAGES_DENY forbids it'],
  ["team/*", "team/app", "team/app", 'the rule "team/app" of IMAGES_DENY forbids it'],
])("denied by IMAGES_ALLOW=%j and IMAGES_DENY=%j: %s", (allow, deny, image, reason) => {
  expect(check(allow, deny, image)).toContain(`is not allowed on this mirror: ${reason}`);
});
