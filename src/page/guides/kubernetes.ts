import { fullSampleOf, type HomeFacts } from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { file, type Guide, shell, step } from "./guide.ts";

/** The service has its name from what the node is. */
const RESTART = "sudo systemctl restart k3s # k3s-agent, rke2-server, rke2-agent";

/** RKE2 puts it in no PATH, and it does not find RKE2's containerd by itself. */
const RKE2_CRICTL =
  "/var/lib/rancher/rke2/bin/crictl -c /var/lib/rancher/rke2/agent/etc/crictl.yaml";

/** How the nodes of a cluster are set up. */
export function kubernetesGuide(facts: HomeFacts, { kubernetes, guides }: Texts): Guide {
  const pull = `pull ${fullSampleOf(facts)}:latest`;
  const steps = [
    step(kubernetes.kubeadm),
    step(kubernetes.k3s, file("/etc/rancher/k3s/registries.yaml", ...registriesYaml(facts))),
    step(guides.restart, shell(RESTART)),
    step(guides.test, shell(`sudo k3s crictl ${pull}`, `# RKE2: sudo ${RKE2_CRICTL} ${pull}`)),
  ];
  return { title: "Kubernetes", hint: "kubeadm, k3s, RKE2", steps };
}

function registriesYaml(facts: HomeFacts): string[] {
  const { registry, otherRegistries } = facts;
  const mirrors = [registry, ...otherRegistries].flatMap(({ name }) => [
    `  "${name}":`,
    "    endpoint:",
    `      - "${endpointOf(facts)}"`,
  ]);
  return ["mirrors:", ...mirrors];
}

/** k3s takes an address without a path for the host, one with a path for the API itself. */
function endpointOf({ scheme, host, lock, api }: HomeFacts): string {
  return `${scheme}://${host}${lock.kind === "path" ? api.slice(0, -1) : ""}`;
}
