import { addressOf, type HomeFacts, prefixOf, sampleOf } from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { canBeDaemonMirror } from "./docker.ts";
import { type Guide, present, type Step } from "./guide.ts";

/** How a NAS with a Docker of its own is set up. */
export function nasGuide(facts: HomeFacts, t: Texts): Guide {
  const { title, hint, synology, old, catalogue, login } = t.nas;
  const image = `${prefixOf(facts)}/${sampleOf(facts)}`;
  const loginCode = { title: t.shell, text: `sudo docker login ${facts.host}` };
  const steps = present<Step>(
    canBeDaemonMirror(facts) && { text: synology, code: { title: "URL", text: addressOf(facts) } },
    canBeDaemonMirror(facts) && facts.lock.kind === "path" && { text: old },
    facts.lock.kind === "login" && { text: login, code: loginCode },
    { text: catalogue, code: { title: "compose.yaml", text: `image: ${image}` } },
    { text: t.guides.byName, code: { title: t.shell, text: `sudo docker pull ${image}` } },
  );
  return { id: "nas", title, hint, steps };
}
