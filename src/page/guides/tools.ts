import { answersPing, DOCKER_HUB, type HomeFacts, prefixOf, sampleOf } from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { type Guide, present, type Snippet, type Step } from "./guide.ts";

/** How kaniko's executor is told of the mirror. */
export function kanikoGuide(facts: HomeFacts, t: Texts): Guide {
  const { title, hint, flags, login } = t.kaniko;
  const isLocked = facts.lock.kind === "login";
  const auths = JSON.stringify({ auths: { [facts.host]: { auth: "dXNlcjp0b2tlbg==" } } });
  const steps = present<Step>(
    isLocked && { text: login, code: { title: "config.json", text: auths } },
    { text: flags, code: { title: hint, text: kanikoFlags(facts).join("\n") } },
  );
  return { id: "kaniko", title, hint, steps: ifReached(facts, t, steps) };
}

/** How skopeo takes images by name. */
export function skopeoGuide(facts: HomeFacts, t: Texts): Guide {
  const { title, hint, conf } = t.skopeo;
  const isHttp = facts.scheme === "http";
  const image = `docker://${prefixOf(facts)}/${sampleOf(facts)}`;
  const login = `skopeo login${isHttp ? " --tls-verify=false" : ""} ${facts.host}`;
  const commands = [
    `skopeo inspect${isHttp ? " --tls-verify=false" : ""} ${image}`,
    `skopeo copy${isHttp ? " --src-tls-verify=false" : ""} ${image} docker-archive:${archiveOf(facts)}`,
  ];
  const steps = present<Step>(
    facts.lock.kind === "login" && { text: t.guides.loginFirst, code: shell(t, login) },
    { text: t.guides.byName, code: shell(t, commands.join("\n")) },
    { text: conf },
  );
  return { id: "skopeo", title, hint, steps: ifReached(facts, t, steps) };
}

/** How crane takes images by name. */
export function craneGuide(facts: HomeFacts, t: Texts): Guide {
  const { title, hint } = t.crane;
  const insecure = facts.scheme === "http" ? " --insecure" : "";
  const image = `${prefixOf(facts)}/${sampleOf(facts)}`;
  const login = `crane auth login ${facts.host} -u user -p token`;
  const commands = [
    `crane manifest${insecure} ${image}`,
    `crane pull${insecure} ${image} ${archiveOf(facts)}`,
  ];
  const steps = present<Step>(
    facts.lock.kind === "login" && { text: t.guides.loginFirst, code: shell(t, login) },
    { text: t.guides.byName, code: shell(t, commands.join("\n")) },
  );
  return { id: "crane", title, hint, steps: ifReached(facts, t, steps) };
}

function kanikoFlags(facts: HomeFacts): string[] {
  const { registry, otherRegistries, scheme, host } = facts;
  const mirror = prefixOf(facts);
  const isHub = registry.name === DOCKER_HUB;
  return present(
    isHub ? `--registry-mirror=${mirror}` : `--registry-map=${registry.name}=${mirror}`,
    ...otherRegistries.map(({ name }) => `--registry-map=${name}=${mirror}/${name}`),
    scheme === "http" && `--insecure-registry=${host}`,
  );
}

/** These clients ask for the API before they ask for an image. */
function ifReached(facts: HomeFacts, t: Texts, steps: readonly Step[]): readonly Step[] {
  return answersPing(facts) ? steps : [{ text: t.guides.needsUser }];
}

function archiveOf(facts: HomeFacts): string {
  return `${sampleOf(facts).replace("/", "-")}.tar`;
}

function shell(t: Texts, text: string): Snippet {
  return { title: t.shell, text };
}
