import { addressOf, fullSampleOf, type HomeFacts, type Registry } from "../facts.ts";
import type { Markup } from "../markup.ts";
import type { Texts } from "../texts/en.ts";
import { file, type Guide, shell, step } from "./guide.ts";

const HOSTS_DIRECTORY = "/etc/containerd/certs.d";
const CONFIG = "/etc/containerd/config.toml";

/** The name of the service depends on the kind of node. */
const RESTART = "sudo systemctl restart k3s # k3s-agent, rke2-server, rke2-agent";

/** containerd, also below Kubernetes, nerdctl and ctr. */
export function containerdGuide(facts: HomeFacts, { containerd, guides }: Texts): Guide {
  const test = `sudo ctr image pull --hosts-dir ${HOSTS_DIRECTORY} ${fullSampleOf(facts)}:latest`;
  const steps = [
    ...[facts.registry, ...facts.otherRegistries].map((registry) => hostsFile(facts, registry)),
    step(containerd.two, file(CONFIG, ...configPath("io.containerd.cri.v1.images"))),
    step(containerd.one, file(CONFIG, ...configPath("io.containerd.grpc.v1.cri"))),
    step(guides.restart, shell("sudo systemctl restart containerd")),
    step(guides.test, shell(test)),
  ];
  return { title: "containerd", hint: "hosts.toml", steps };
}

/** The nodes of a cluster. */
export function kubernetesGuide(facts: HomeFacts, { kubernetes, guides }: Texts): Guide {
  const steps = [
    step(kubernetes.kubeadm),
    step(kubernetes.k3s, file("/etc/rancher/k3s/registries.yaml", ...registriesYaml(facts))),
    step(guides.restart, shell(RESTART)),
    step(guides.test, shell(`sudo k3s crictl pull ${fullSampleOf(facts)}:latest`)),
  ];
  return { title: "Kubernetes", hint: "kubeadm, k3s, RKE2", steps };
}

/** containerd does not start if the file has this heading twice. */
function configPath(plugin: string): string[] {
  return [`[plugins."${plugin}".registry]`, `  config_path = "${HOSTS_DIRECTORY}"`];
}

/** The address is the same for each registry: containerd names the registry in the query `ns`. */
function hostsFile(facts: HomeFacts, { name, endpoints }: Registry): Markup {
  const lines = [
    `server = "https://${endpoints[0].url.host}"`,
    "",
    `[host."${addressOf(facts)}"]`,
    '  capabilities = ["pull", "resolve"]',
  ];
  return file(`${HOSTS_DIRECTORY}/${name}/hosts.toml`, ...lines);
}

function registriesYaml(facts: HomeFacts): string[] {
  const { registry, otherRegistries } = facts;
  const mirrors = [registry, ...otherRegistries].flatMap(({ name }) => [
    `  "${name}":`,
    "    endpoint:",
    `      - "${addressOf(facts)}"`,
  ]);
  return ["mirrors:", ...mirrors];
}
