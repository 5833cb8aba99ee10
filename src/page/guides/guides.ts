import type { HomeFacts } from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { buildkitGuide } from "./buildkit.ts";
import { containerdGuide } from "./containerd.ts";
import { desktopGuide, dockerGuide } from "./docker.ts";
import { type Guide, present } from "./guide.ts";
import { kubernetesGuide } from "./kubernetes.ts";
import { nasGuide } from "./nas.ts";
import { podmanGuide } from "./podman.ts";
import { craneGuide, kanikoGuide, skopeoGuide } from "./tools.ts";

/**
 * @returns how each client is set up for this mirror, the most common ones first. No browser gets
 * to the page of a mirror that users alone open: it tells of Docker, and docs/access.md of the rest.
 */
export function guidesFor(facts: HomeFacts, t: Texts): Guide[] {
  if (facts.lock.kind === "login") return [dockerGuide(facts, t)];
  return present<Guide>(
    dockerGuide(facts, t),
    desktopGuide(facts, t),
    containerdGuide(facts, t),
    kubernetesGuide(facts, t),
    podmanGuide(facts, t),
    buildkitGuide(facts, t),
    kanikoGuide(facts, t),
    skopeoGuide(facts, t),
    craneGuide(facts, t),
    nasGuide(facts, t),
  );
}
