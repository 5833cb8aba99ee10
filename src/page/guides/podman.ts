import { answersPing, fullSampleOf, type HomeFacts, prefixOf } from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { type Guide, present, type Step, writeFile } from "./guide.ts";

const FILE = "/etc/containers/registries.conf.d/50-mirror.conf";

/** How all that reads containers-registries.conf(5) is set up. */
export function podmanGuide(facts: HomeFacts, t: Texts): Guide {
  const { title, hint, file } = t.podman;
  if (!answersPing(facts)) {
    return { id: "podman", title, hint, steps: [{ text: t.guides.needsUser }] };
  }
  const login = { title: t.shell, text: `podman login ${facts.host}${tlsFlag(facts)}` };
  const test = { title: t.shell, text: `podman pull ${fullSampleOf(facts)}` };
  const steps = present<Step>(
    { text: file, code: { title: t.shell, text: writeFile(FILE, registriesConf(facts)) } },
    facts.lock.kind === "login" && { text: t.guides.loginFirst, code: login },
    { text: t.guides.test, code: test },
  );
  return { id: "podman", title, hint, steps };
}

function registriesConf(facts: HomeFacts): string[] {
  const { registry, otherRegistries, scheme } = facts;
  const own = { name: registry.name, location: prefixOf(facts) };
  const others = otherRegistries.map(({ name }) => ({
    name,
    location: `${prefixOf(facts)}/${name}`,
  }));
  return [own, ...others].flatMap(({ name, location }, index) =>
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

function tlsFlag({ scheme }: HomeFacts): string {
  return scheme === "http" ? " --tls-verify=false" : "";
}
