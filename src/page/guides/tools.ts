import {
  answersPing,
  DOCKER_HUB,
  fullSampleOf,
  type HomeFacts,
  prefixOf,
  sampleOf,
} from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { file, type Guide, present, type Step, shell, step } from "./guide.ts";

const PODMAN_FILE = "/etc/containers/registries.conf.d/50-mirror.conf";

/** All clients that read containers-registries.conf(5). */
export function podmanGuide(facts: HomeFacts, t: Texts): Guide {
  const steps = [
    step(t.podman, file(PODMAN_FILE, ...registriesConf(facts))),
    step(t.guides.test, shell(`podman pull ${fullSampleOf(facts)}`)),
  ];
  return {
    title: "Podman, Buildah, CRI-O",
    hint: "registries.conf.d",
    steps: ifPingAnswered(facts, t, steps),
  };
}

/** A separate builder of buildx. */
export function buildkitGuide(facts: HomeFacts, t: Texts): Guide {
  const steps = [
    step(t.buildkit, file("buildkitd.toml", ...buildkitConf(facts))),
    step("", shell(createBuilderCommand(facts))),
  ];
  return { title: "BuildKit, buildx", hint: "buildkitd.toml", steps };
}

/** The flags of kaniko's executor. */
export function kanikoGuide(facts: HomeFacts, t: Texts): Guide {
  const steps = [step(t.kaniko, file("/kaniko/executor", ...kanikoFlags(facts)))];
  return {
    title: "kaniko",
    hint: "--registry-mirror",
    steps: ifPingAnswered(facts, t, steps),
  };
}

/** skopeo, by full names. */
export function skopeoGuide(facts: HomeFacts, t: Texts): Guide {
  const flag = facts.scheme === "http" ? "tls-verify=false " : "";
  const image = `docker://${prefixOf(facts)}/${sampleOf(facts)}`;
  const commands = shell(
    `skopeo inspect ${flag && `--${flag}`}${image}`,
    `skopeo copy ${flag && `--src-${flag}`}${image} docker-archive:image.tar`,
  );
  const steps = [step(t.guides.byName, commands), step(t.skopeo)];
  return { title: "skopeo", hint: "skopeo copy", steps: ifPingAnswered(facts, t, steps) };
}

/** crane, by full names. */
export function craneGuide(facts: HomeFacts, t: Texts): Guide {
  const flag = facts.scheme === "http" ? "--insecure " : "";
  const image = `${flag}${prefixOf(facts)}/${sampleOf(facts)}`;
  const commands = shell(`crane manifest ${image}`, `crane pull ${image} image.tar`);
  const steps = [step(t.guides.byName, commands)];
  return { title: "crane", hint: "crane pull", steps: ifPingAnswered(facts, t, steps) };
}

/** These clients request `/v2/` before an image. */
function ifPingAnswered(facts: HomeFacts, t: Texts, steps: readonly Step[]): readonly Step[] {
  return answersPing(facts) ? steps : [step(t.guides.needsUser)];
}

function registriesConf(facts: HomeFacts): string[] {
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

/** The mirror is the same for each registry: BuildKit names the registry in the query `ns`. */
function buildkitConf(facts: HomeFacts): string[] {
  return present(
    ...[facts.registry, ...facts.otherRegistries].map(
      ({ name }) => `[registry."${name}"]\n  mirrors = ["${prefixOf(facts)}"]`,
    ),
    facts.scheme === "http" && `[registry."${facts.host}"]\n  http = true`,
  );
}

function createBuilderCommand({ scheme }: HomeFacts): string {
  // The builder is a container: the loopback of this machine is not its own.
  const network = scheme === "http" ? " --driver-opt network=host" : "";
  return `docker buildx create --name mirrored --driver docker-container${network} \\
  --buildkitd-config buildkitd.toml --use`;
}

function kanikoFlags(facts: HomeFacts): string[] {
  const { registry, otherRegistries, scheme, host } = facts;
  const mirror = prefixOf(facts);
  return present(
    kanikoFlag(registry.name, mirror),
    ...otherRegistries.map(({ name }) => kanikoFlag(name, `${mirror}/${name}`)),
    scheme === "http" && `--insecure-registry=${host}`,
  );
}

function kanikoFlag(registryName: string, mirror: string): string {
  const isHub = registryName === DOCKER_HUB;
  return isHub ? `--registry-mirror=${mirror}` : `--registry-map=${registryName}=${mirror}`;
}
