import { addressOf, fullSampleOf, type HomeFacts } from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { type Guide, present, type Step, writeFile } from "./guide.ts";

const HOSTS_DIRECTORY = "/etc/containerd/certs.d";
const CONFIG = "/etc/containerd/config.toml";

/** How containerd is set up: for Kubernetes, nerdctl and ctr alike. */
export function containerdGuide(facts: HomeFacts, t: Texts): Guide {
  const { title, hint, hosts, login, one, two } = t.containerd;
  const isLocked = facts.lock.kind === "login";
  const test = `sudo ctr image pull --hosts-dir ${HOSTS_DIRECTORY} ${fullSampleOf(facts)}:latest`;
  const steps = present<Step>(
    isLocked && { text: login },
    { text: hosts, code: { title: t.shell, text: hostsCommand(facts) } },
    { text: two, code: { title: CONFIG, text: configPath(3, "io.containerd.cri.v1.images") } },
    { text: one, code: { title: CONFIG, text: configPath(2, "io.containerd.grpc.v1.cri") } },
    { text: t.guides.restart, code: { title: t.shell, text: "sudo systemctl restart containerd" } },
    { text: t.guides.test, code: { title: t.shell, text: test } },
  );
  return { id: "containerd", title, hint, steps };
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
  const files = [registry, ...otherRegistries].map(({ name, host }) => {
    const directory = `${HOSTS_DIRECTORY}/${name}`;
    const lines = hostsFile(host, addressOf(facts), isLocked);
    const write = writeFile(`${directory}/hosts.toml`, lines, isLocked ? "EOF" : "'EOF'");
    return `sudo mkdir -p ${directory}\n${write}`;
  });
  const login = "LOGIN=$(printf %s 'user:token' | base64 | tr -d '\\n')";
  return (isLocked ? [login, ...files] : files).join("\n");
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
