import { answersPing, fullSampleOf, type HomeFacts, prefixOf } from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { type Guide, present, shell, step, writeFile } from "./guide.ts";

const FILE = "/etc/containers/registries.conf.d/50-mirror.conf";

/** How all that reads containers-registries.conf(5) is set up. */
export function podmanGuide(facts: HomeFacts, t: Texts): Guide {
  const head = { title: "Podman, Buildah, CRI-O", hint: "registries.conf.d" };
  if (!answersPing(facts)) return { ...head, steps: [step(t.guides.needsUser)] };
  const steps = [
    step(t.podman.file, shell(writeFile(FILE, conf(facts)))),
    step(t.guides.test, shell(`podman pull ${fullSampleOf(facts)}`)),
  ];
  return { ...head, steps };
}

function conf(facts: HomeFacts): string[] {
  const { registry, otherRegistries, scheme } = facts;
  const mirror = prefixOf(facts);
  const tables = [
    [registry.name, mirror],
    ...otherRegistries.map(({ name }) => [name, `${mirror}/${name}`]),
  ];
  return tables.flatMap(([name, location], index) =>
    present(
      index > 0 && "",
      "[[registry]]",
      `location = "${name}"`,
      "",
      "[[registry.mirror]]",
      `location = "${location}"`,
      scheme === "http" && "insecure = true",
    ),
  );
}
