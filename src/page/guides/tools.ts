import { answersPing, fullSampleOf, type HomeFacts } from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { file, type Guide, present, shell, step } from "./guide.ts";

const PODMAN_FILE = "/etc/containers/registries.conf.d/50-mirror.conf";

/** All clients that read containers-registries.conf(5). */
export function podmanGuide(facts: HomeFacts, t: Texts): Guide {
  const steps = [
    step(t.podman, file(PODMAN_FILE, ...registriesConf(facts))),
    step(t.guides.test, shell(`podman pull ${fullSampleOf(facts)}`)),
  ];
  return {
    title: "Podman, Buildah, skopeo, CRI-O",
    hint: "registries.conf.d",
    // These clients request `/v2/` before an image.
    steps: answersPing(facts) ? steps : [step(t.guides.needsUser)],
  };
}

/** A separate builder of buildx. */
export function buildkitGuide(facts: HomeFacts, t: Texts): Guide {
  const steps = [
    step(t.buildkit, file("buildkitd.toml", ...buildkitConf(facts))),
    shell(createBuilderCommand(facts)),
  ];
  return { title: "BuildKit, buildx", hint: "buildkitd.toml", steps };
}

function registriesConf(facts: HomeFacts): string[] {
  const { registry, otherRegistries, scheme } = facts;
  const mirror = facts.prefix;
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
      ({ name }) => `[registry."${name}"]\n  mirrors = ["${facts.prefix}"]`,
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
