/** All texts of the page in English. Text between backticks is shown as code. */
export const en = {
  copy: "Copy",
  independent:
    "Independent and private: not made, run or endorsed by Docker, Inc. Docker and Docker Hub are trademarks of Docker, Inc.",

  /** One line; the first three describe its dot. */
  status: {
    up: "responding",
    unasked: "not contacted recently",
    down: "not responding",
    quota: (remaining: string, limit: string) => `${remaining} of ${limit} pulls left`,
    noAccount: "no account",
    open: "open to everyone",
    locked: "locked",
    login: "login required",
    stale: "Images that were pulled before are still served.",
    secret:
      "This page's address contains the secret: keep it, and every command here, as safe as a password.",
  },

  setup: {
    title: "Setup is not finished",
    where: "In the Cloudflare dashboard: Workers & Pages → this Worker → Settings. Then reload.",
    store:
      "No store: each data centre caches on its own, which costs more pulls. Bindings → Add → KV namespace, with the variable name `CACHE`.",
    account:
      "No account: anonymous pulls share their quota with strangers, so expect 429 errors. Variables and Secrets → Add the secrets `UPSTREAM_USERNAME` and `UPSTREAM_PASSWORD`, an access token with Public Repo Read-only.",
    lock: "No lock: everyone who knows this address can use your quota. Variables and Secrets → Add the secret `ACCESS_PATHS`, as `home=` and 16 or more random letters and digits. This page is then at `/` and these.",
  },

  image: {
    label: "Image, command, Compose file, Dockerfile or link",
    search: (upstream: string) => `, or a word to search ${upstream} for`,
    button: "Look up",
    help: "Looking up uses no pulls. Enter looks up, Shift+Enter starts a new line.",
    sample: "Pull any image",
  },

  check: {
    title: "Is the mirror used?",
    info: "Docker lists this mirror under Registry Mirrors:",
    log: "The mirror's log has a line for each pull: `npm run logs`, or Workers & Pages → this Worker → Observability in the Cloudflare dashboard. After a failure of the mirror Docker pulls from Docker Hub, without a message.",
  },

  /** For the script, which replaces `{…}`. */
  script: {
    copied: "Copied",
    selected: "Selected: press Ctrl+C or ⌘C",
    here: "With this mirror",
    tag: "Give it its usual name",
    left: "Not changed:",
    problems: {
      name: "No image name found.",
      "upper-case": "Image names have no capital letters.",
      digest: "The part after the @ is not a valid digest.",
      variable: "The name has a variable: fill in its value.",
      scratch: "scratch is the empty image; there is nothing to pull.",
    },
    elsewhere: "This mirror does not serve {registry}; it serves {served}.",
    asking: "Looking up …",
    tags: "Tags",
    noTag: "There is no tag {tag}.",
    platforms: "Platforms",
    uncached: "Platforms and sizes are shown once the image was pulled here.",
    platform: "Platform",
    digest: "Digest",
    size: "Size",
    entrypoint: "Command",
    ports: "Ports",
    environment: "Environment",
    matches: "Search results",
    nothing: "The search found nothing.",
    official: "official",
    errors: {
      DENIED: "This mirror does not allow it.",
      MANIFEST_UNKNOWN: "There is no such tag or digest.",
      NAME_UNKNOWN: "There is no such image, or it is private.",
      TOOMANYREQUESTS: "Too many requests. Try again in a minute.",
      UNAUTHORIZED: "Log in first.",
      UNAVAILABLE: "The registry does not answer.",
      UNKNOWN: "The mirror failed; its log has the cause.",
    },
    unreadable: "The mirror answered with status {status}.",
    unreachable: "The mirror could not be reached.",
  },

  guides: {
    title: "Set up a client",
    registries: (names: string) => `Registries served here: ${names}.`,
    ownHosts: (name: string, hosts: string) => `${name} also has a host of its own: ${hosts}.`,
    needsUser:
      "This client starts at the root of the host, which answers 404 while a path secret is the only lock. Ask the owner for a user (`ACCESS_USERS`).",
    byName: "Pull by the full name:",
    othersByName: "For other registries, put the registry in front of the image:",
    restart: "Then restart:",
    test: "Try it:",
    script: "Or let a script do it",
  },

  docker: {
    old: "Docker 24 and older do not support a path in `registry-mirrors`, and may fail to start with one. See `docker version`; with an old one, pull by the full name.",
    linux:
      "Linux: merge this into `/etc/docker/daemon.json`, then run `sudo systemctl reload docker`.",
    desktop: "Docker Desktop: merge it under Settings → Docker Engine, then Apply & restart.",
    merge:
      "It adds the mirror to `daemon.json`, keeps the rest, and reloads Docker. The old file stays beside it.",
    plain: "Plain names now use the mirror, or Docker Hub if the mirror fails:",
    direct: "Without any setup, by the full name:",
    hubOnly: "Docker's `registry-mirrors` is for Docker Hub only. Pull by the full name:",
    ownLogin: (upstream: string) =>
      `For your own private images, log in with your ${upstream} account, then pull by the full name:`,
  },

  nas: {
    title: "Synology and other NAS",
    url: "Synology: Container Manager → Registry → Settings → Docker Hub → Edit → Enable registry mirror. fnOS: Docker → Registry → Settings. 1Panel: Containers → Configuration → Mirrors. The URL:",
    files:
      "Or merge the JSON above into the file, with SSH and `sudo`. DSM 7.2 and newer: `/var/packages/ContainerManager/etc/dockerd.json`, then `synopkg restart ContainerManager`. DSM 7.0 and 7.1: `/var/packages/Docker/etc/dockerd.json`, then `synopkg restart Docker`. QNAP: `etc/docker.json` in the folder of Container Station, then `/etc/init.d/container-station.sh restart`.",
    unraid: "Unraid: in `/boot/config/docker.cfg`, then stop and start Docker in its settings:",
    catalogue:
      "A list of images may stay empty. The full name works on any NAS, in a project (Compose file) or over SSH:",
  },

  containerd: {
    hosts: "It takes effect with the next pull. Each other registry has a file of its own.",
    two: "containerd 2: set `config_path` under this heading; add the heading only where it is missing, in a new file below `version = 3`. Remove `registry.mirrors`.",
    one: "containerd 1: the same here, in a new file below `version = 2`.",
  },

  kubernetes: {
    kubeadm: "kubeadm, or anything else on containerd: the containerd steps, on every node.",
    k3s: "k3s: on every node. For RKE2 the file is `/etc/rancher/rke2/registries.yaml`.",
  },

  podman: "A file of its own. CRI-O reads it on `sudo systemctl reload crio`.",
  buildkit: "Docker's default builder follows `daemon.json`. For a builder of its own:",
  kaniko: "Add these flags to the executor. `--registry-map` needs kaniko 1.23 or newer.",
  skopeo: "With Podman's file, `skopeo copy docker://docker.io/…` uses this mirror too.",
};

/** The texts that each language has. */
export type Texts = typeof en;
