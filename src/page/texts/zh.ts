import type { Texts } from "./en.ts";

/** All texts of the page in Simplified Chinese. */
export const zh: Texts = {
  copy: "复制",
  independent: "私人镜像，并非由 Docker, Inc. 开发、运营或认可。",

  status: {
    up: "正常",
    unasked: "最近没有请求",
    down: "没有响应",
    quota: (remaining, limit) => `剩余拉取额度 ${remaining} / ${limit}`,
    noAccount: "未配置账号",
    open: "未启用访问控制",
    locked: "已启用访问控制",
    login: "需要登录",
    stale: "拉取过的镜像仍可使用。",
    secret: "本页及其地址包含密钥。",
  },

  setup: {
    title: "部署尚未完成",
    where: "Cloudflare 控制台：Workers & Pages → 本 Worker → Settings。",
    store: "没有绑定缓存（KV），会消耗更多拉取额度。Bindings → KV namespace，变量名填 `CACHE`。",
    account:
      "没有账号：与他人共用额度。Variables and Secrets → 添加机密 `UPSTREAM_USERNAME` 和 `UPSTREAM_PASSWORD`，后者填访问令牌（Public Repo Read-only）。",
    lock: "没有访问控制：任何人都能使用你的额度。Variables and Secrets → 添加机密 `ACCESS_PATHS`：`home=` 加上至少 16 位随机字母和数字，即本页的新路径。",
  },

  image: {
    label: (hasSearch) => `镜像名、${hasSearch ? "关键词、" : ""}命令、Compose 文件或 Dockerfile`,
    button: "查询",
  },

  check: {
    title: "如何确认已生效",
    info: "`docker info` 会在 Registry Mirrors 中列出本站。",
    log: "每次拉取都会写入本站日志（控制台的 Observability，或 `npm run logs`）。Docker 自动回退到上游时没有提示。",
  },

  script: {
    copied: "已复制",
    selected: "请按 Ctrl+C 或 ⌘C",
    here: "通过本站拉取",
    tag: "恢复原来的镜像名",
    none: "没有找到镜像。",
    invalid: "镜像名无效或包含变量。",
    elsewhere: "本站不提供 {registry}。",
    asking: "正在查询……",
    tags: "标签",
    noTag: "没有标签 {tag}。",
    uncached: "还没有通过本站拉取过。",
    platform: "平台",
    digest: "摘要",
    size: "大小",
    entrypoint: "启动命令",
    ports: "端口",
    environment: "环境变量",
    matches: "搜索结果",
    errors: {
      DENIED: "本站不允许这个请求。",
      MANIFEST_UNKNOWN: "没有这个标签或摘要。",
      NAME_UNKNOWN: "镜像不存在，或者是私有镜像。",
      TOOMANYREQUESTS: "请求过多，稍后再试。",
      UNAUTHORIZED: "请先登录。",
      UNAVAILABLE: "上游仓库没有响应。",
    },
    unreadable: "本站返回 {status}。",
    unreachable: "无法连接本站。",
  },

  guides: {
    title: "配置客户端",
    registries: (names) => `本站提供的仓库：${names}。`,
    needsUser: "这个客户端不支持路径密钥，需要添加用户（`ACCESS_USERS`）。",
    byName: "不修改配置，直接使用完整镜像名：",
    restart: "然后重启：",
    test: "测试：",
    script: "没有该文件时用脚本创建",
  },

  docker: {
    old: "`registry-mirrors` 中的地址带路径时，Docker 24 及更早版本可能无法启动，请使用完整镜像名。",
    linux: "Linux：合并到 `/etc/docker/daemon.json`，再执行 `sudo systemctl reload docker`。",
    desktop: "Docker Desktop：在 Settings → Docker Engine 中合并。",
    plain: "之后照常拉取：",
    ownLogin: (upstream) => `拉取私有镜像前，先用 ${upstream} 账号登录：`,
  },

  nas: {
    title: "群晖等 NAS",
    url: `群晖：Container Manager → 注册表 → 设置 → Docker Hub → 编辑 → 启用注册表镜像。
飞牛 fnOS：Docker → 镜像仓库 → 设置 → 加速源设置。1Panel：容器 → 配置 → 镜像加速。`,
    files: `也可以通过 SSH 用 \`sudo\` 把 Docker 一节的 JSON 合并到配置文件：
DSM 7.2 及更新版本：\`/var/packages/ContainerManager/etc/dockerd.json\`，再执行 \`synopkg restart ContainerManager\`。
DSM 7.0、7.1：\`/var/packages/Docker/etc/dockerd.json\`，再执行 \`synopkg restart Docker\`。
威联通：Container Station 目录下的 \`etc/docker.json\`，再执行 \`/etc/init.d/container-station.sh restart\`。
Unraid：\`/etc/docker/daemon.json\`，要由 \`/boot/config/go\` 在每次启动时写入。`,
  },

  containerd: {
    two: "containerd 2：在这个小节中设置 `config_path`；没有时才添加，新建的文件要先写 `version = 3`。删除 `registry.mirrors`。",
    one: "containerd 1，新建的文件要先写 `version = 2`：",
  },

  kubernetes: {
    kubeadm: "kubeadm：在每个节点上按 containerd 一节配置。",
    k3s: "k3s：在每个节点上配置。RKE2 的文件是 `/etc/rancher/rke2/registries.yaml`。",
  },

  podman: "CRI-O 执行 `sudo systemctl reload crio` 后生效。",
  buildkit: "默认构建器沿用 `daemon.json`。使用独立的构建器时：",
};
