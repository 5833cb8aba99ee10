import { fullSampleOf, type HomeFacts } from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { type Guide, present, type Step } from "./guide.ts";

/** How the nodes of a cluster are set up. */
export function kubernetesGuide(facts: HomeFacts, t: Texts): Guide {
  const { title, hint, kubeadm, k3s, restart } = t.kubernetes;
  const file = { title: "/etc/rancher/k3s/registries.yaml", text: registriesYaml(facts) };
  const test = `sudo k3s crictl pull ${fullSampleOf(facts)}:latest`;
  const steps = present<Step>(
    { text: kubeadm },
    { text: k3s, code: file },
    { text: restart, code: { title: t.shell, text: "sudo systemctl restart k3s" } },
    { text: t.guides.test, code: { title: t.shell, text: test } },
  );
  return { id: "kubernetes", title, hint, steps };
}

function registriesYaml(facts: HomeFacts): string {
  const { registry, otherRegistries, lock, host } = facts;
  const mirrors = [registry, ...otherRegistries].flatMap(({ name }) => [
    `  "${name}":`,
    "    endpoint:",
    `      - "${endpointOf(facts)}"`,
  ]);
  const login = ["configs:", `  "${host}":`, "    auth:", "      username: user"];
  const configs = lock.kind === "login" ? [...login, "      password: token"] : [];
  return ["mirrors:", ...mirrors, ...configs].join("\n");
}

/** k3s takes an address without a path for the host, one with a path for the API itself. */
function endpointOf({ scheme, host, lock, api }: HomeFacts): string {
  return `${scheme}://${host}${lock.kind === "path" ? api.slice(0, -1) : ""}`;
}
