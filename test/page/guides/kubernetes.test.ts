import { expect, test } from "vitest";
import { kubernetesGuide } from "../../../src/page/guides/kubernetes.ts";
import { LOCAL, MANY, OPEN, SECRET, SECRET_PATH } from "../facts-for-test.ts";
import { codesOf, codeWith, saidBy, texts } from "./guide-for-test.ts";

function registriesYaml(facts = OPEN): string {
  return codeWith(kubernetesGuide(facts, texts), "mirrors:");
}

test("kubeadm is sent to containerd, k3s has a file of its own", () => {
  const guide = kubernetesGuide(OPEN, texts);
  expect(saidBy(guide)[0]).toBe(texts.kubernetes.kubeadm);
  expect(codesOf(guide)).toEqual([
    [
      "/etc/rancher/k3s/registries.yaml",
      'mirrors:\n  "docker.io":\n    endpoint:\n      - "https://mirror.example.com"',
    ],
    ["Shell", "sudo systemctl restart k3s # k3s-agent, rke2-server, rke2-agent"],
    [
      "Shell",
      "sudo k3s crictl pull docker.io/library/nginx:latest\n" +
        "# RKE2: sudo /var/lib/rancher/rke2/bin/crictl -c /var/lib/rancher/rke2/agent/etc/crictl.yaml " +
        "pull docker.io/library/nginx:latest",
    ],
  ]);
});

test("an endpoint with a path secret goes on to the API itself, as k3s takes it as it is", () => {
  expect(registriesYaml(SECRET_PATH)).toContain(`- "https://mirror.example.com/${SECRET}/v2"`);
});

test("an endpoint is http only where the page was asked over http", () => {
  expect(registriesYaml(LOCAL)).toContain('- "http://localhost:8787"');
});

test("every registry is mirrored", () => {
  expect(registriesYaml(MANY)).toBe(`mirrors:
  "docker.io":
    endpoint:
      - "https://mirror.example.com"
  "ghcr.io":
    endpoint:
      - "https://mirror.example.com"
  "quay.io":
    endpoint:
      - "https://mirror.example.com"`);
});
