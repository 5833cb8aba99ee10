import { addressOf, type HomeFacts, prefixOf, sampleOf } from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { canBeDaemonMirror } from "./docker.ts";
import { file, type Guide, present, shell, step } from "./guide.ts";

/** How a NAS with a Docker of its own is set up. */
export function nasGuide(facts: HomeFacts, t: Texts): Guide {
  const { title, synology, other, catalogue } = t.nas;
  // What a NAS comes with is often too old for a path, and does not start with one.
  const isMirror = canBeDaemonMirror(facts) && facts.lock.kind === "none";
  const image = `${prefixOf(facts)}/${sampleOf(facts)}`;
  const steps = present(
    isMirror && step(synology, file("URL", addressOf(facts))),
    isMirror && step(other),
    step(catalogue, file("compose.yaml", `image: ${image}`)),
    step(t.guides.byName, shell(`sudo docker pull ${image}`)),
  );
  return { title, hint: "Container Manager", steps };
}
