import { addressOf, fullSampleOf, type HomeFacts } from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { file, type Guide, shell, step, writeFile } from "./guide.ts";

const HOSTS_DIRECTORY = "/etc/containerd/certs.d";
const CONFIG = "/etc/containerd/config.toml";

/** How containerd is set up: for Kubernetes, nerdctl and ctr alike. */
export function containerdGuide(facts: HomeFacts, { containerd, guides }: Texts): Guide {
  const test = `sudo ctr image pull --hosts-dir ${HOSTS_DIRECTORY} ${fullSampleOf(facts)}:latest`;
  const steps = [
    step(containerd.hosts, shell(hostsCommand(facts))),
    step(containerd.two, file(CONFIG, ...configPath("io.containerd.cri.v1.images"))),
    step(containerd.one, file(CONFIG, ...configPath("io.containerd.grpc.v1.cri"))),
    step(guides.restart, shell("sudo systemctl restart containerd")),
    step(guides.test, shell(test)),
  ];
  return { title: "containerd", hint: "hosts.toml", steps };
}

/** A heading may stand in the file once: containerd does not start with two. */
function configPath(plugin: string): string[] {
  return [`[plugins."${plugin}".registry]`, `  config_path = "${HOSTS_DIRECTORY}"`];
}

/** containerd tells the mirror itself which registry is meant, by the query `ns`. */
function hostsCommand(facts: HomeFacts): string {
  const files = [facts.registry, ...facts.otherRegistries].map(({ name, host }) => {
    const directory = `${HOSTS_DIRECTORY}/${name}`;
    const lines = [
      `server = "https://${host}"`,
      "",
      `[host."${addressOf(facts)}"]`,
      '  capabilities = ["pull", "resolve"]',
    ];
    return `sudo mkdir -p ${directory}\n${writeFile(`${directory}/hosts.toml`, lines)}`;
  });
  return files.join("\n");
}
