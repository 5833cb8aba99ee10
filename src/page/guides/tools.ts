import { answersPing, DOCKER_HUB, type HomeFacts, prefixOf, sampleOf } from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { file, type Guide, present, type Step, shell, step } from "./guide.ts";

/** How kaniko's executor is told of the mirror. */
export function kanikoGuide(facts: HomeFacts, t: Texts): Guide {
  const steps = [step(t.kaniko.flags, file("/kaniko/executor", ...kanikoFlags(facts)))];
  return {
    title: "kaniko",
    hint: "--registry-mirror",
    steps: reach(facts, t, steps),
  };
}

/** How skopeo takes images by name. */
export function skopeoGuide(facts: HomeFacts, t: Texts): Guide {
  const flag = facts.scheme === "http" ? "tls-verify=false " : "";
  const image = `docker://${prefixOf(facts)}/${sampleOf(facts)}`;
  const steps = [
    step(
      t.guides.byName,
      shell(
        `skopeo inspect ${flag && `--${flag}`}${image}`,
        `skopeo copy ${flag && `--src-${flag}`}${image} docker-archive:image.tar`,
      ),
    ),
    step(t.skopeo.conf),
  ];
  return { title: "skopeo", hint: "skopeo copy", steps: reach(facts, t, steps) };
}

/** How crane takes images by name. */
export function craneGuide(facts: HomeFacts, t: Texts): Guide {
  const flag = facts.scheme === "http" ? "--insecure " : "";
  const image = `${flag}${prefixOf(facts)}/${sampleOf(facts)}`;
  const commands = shell(`crane manifest ${image}`, `crane pull ${image} image.tar`);
  const steps = [step(t.guides.byName, commands)];
  return { title: "crane", hint: "crane pull", steps: reach(facts, t, steps) };
}

function kanikoFlags(facts: HomeFacts): string[] {
  const { registry, otherRegistries, scheme, host } = facts;
  const mirror = prefixOf(facts);
  return present(
    mirrorFlag(registry.name, mirror),
    ...otherRegistries.map(({ name }) => mirrorFlag(name, `${mirror}/${name}`)),
    scheme === "http" && `--insecure-registry=${host}`,
  );
}

function mirrorFlag(registryName: string, mirror: string): string {
  const isHub = registryName === DOCKER_HUB;
  return isHub ? `--registry-mirror=${mirror}` : `--registry-map=${registryName}=${mirror}`;
}

/** These clients ask for the API before they ask for an image. */
function reach(facts: HomeFacts, t: Texts, steps: readonly Step[]): readonly Step[] {
  return answersPing(facts) ? steps : [step(t.guides.needsUser)];
}
