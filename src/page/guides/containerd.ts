import { addressOf, fullSampleOf, type HomeFacts } from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { file, type Guide, present, shell, step, writeFile } from "./guide.ts";

const HOSTS_DIRECTORY = "/etc/containerd/certs.d";
const CONFIG = "/etc/containerd/config.toml";

/** How containerd is set up: for Kubernetes, nerdctl and ctr alike. */
export function containerdGuide(facts: HomeFacts, { containerd, guides }: Texts): Guide {
  const test = `sudo ctr image pull --hosts-dir ${HOSTS_DIRECTORY} ${fullSampleOf(facts)}:latest`;
  const steps = present(
    facts.lock.kind === "login" && step(containerd.login),
    step(containerd.hosts, shell(hostsCommand(facts))),
    step(containerd.two, file(CONFIG, configPath(3, "io.containerd.cri.v1.images"))),
    step(containerd.one, file(CONFIG, configPath(2, "io.containerd.grpc.v1.cri"))),
    step(guides.restart, shell("sudo systemctl restart containerd")),
    step(guides.test, shell(test)),
  );
  return { title: "containerd", hint: "hosts.toml", steps };
}

function configPath(version: number, plugin: string): string {
  return `version = ${version}

[plugins."${plugin}".registry]
  config_path = "${HOSTS_DIRECTORY}"`;
}

/** containerd tells the mirror itself which registry is meant, by the query `ns`. */
function hostsCommand(facts: HomeFacts): string {
  const { registry, otherRegistries, lock } = facts;
  const isLocked = lock.kind === "login";
  const login = "LOGIN=$(printf %s 'user:token' | base64 | tr -d '\\n')";
  const files = [registry, ...otherRegistries].map(({ name, host }) => {
    const directory = `${HOSTS_DIRECTORY}/${name}`;
    const lines = hostsFile(host, addressOf(facts), isLocked);
    const write = writeFile(`${directory}/hosts.toml`, lines, isLocked ? "EOF" : "'EOF'");
    return `sudo mkdir -p ${directory}\n${write}`;
  });
  return present(isLocked && login, ...files).join("\n");
}

function hostsFile(registryHost: string, address: string, isLocked: boolean): string[] {
  return present(
    `server = "https://${registryHost}"`,
    "",
    `[host."${address}"]`,
    '  capabilities = ["pull", "resolve"]',
    isLocked && `  [host."${address}".header]`,
    isLocked && '    Authorization = "Basic $LOGIN"',
  );
}
