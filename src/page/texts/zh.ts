import type { Texts } from "./en.ts";

/** All texts of the page in Simplified Chinese. */
export const zh: Texts = {
  intro: (upstream) => `私人搭建的 ${upstream} 镜像站，按需拉取镜像，并尽可能缓存。`,
  try: (upstream) =>
    `在镜像名前加上本站域名，就能拉取 ${upstream} 上的镜像。也可以按下面的说明配置一次客户端，之后照常写镜像名即可。`,
  independent:
    "本站是独立的私人服务，并非由 Docker, Inc. 开发、运营或认可。Docker 和 Docker Hub 是其商标。",
  copy: "复制",

  status: {
    title: "状态",
    upstream: "上游",
    up: (upstream) => `${upstream} 可以访问。`,
    down: (upstream) => `${upstream} 暂时没有响应，拉取过的镜像仍可使用。`,
    unasked: (upstream) => `最近没有访问过 ${upstream}。`,
    account: "账号",
    hasAccount: "已配置账号，拉取次数只计入该账号的额度。",
    noAccount:
      "未配置。匿名拉取与陌生人共用出口 IP 的额度，很快会遇到 429。站长可以设置 `UPSTREAM_USERNAME` 和 `UPSTREAM_PASSWORD`。",
    quota: "剩余拉取次数",
    quotaOf: (remaining, limit, hours) =>
      `${hours === null ? "" : `每 ${hours} 小时 `}${limit} 次，还剩 ${remaining} 次（以上游最近一次返回为准）。`,
    noQuota: "尚不清楚。",
    access: "访问",
    open: "开放：知道地址的人都能拉取。",
    locked: "由本页地址中的密钥保护。请像保管密码一样保管这个地址和页面中的命令。",
    login: "需要登录。",
  },

  image: {
    title: "任意镜像",
    label: "镜像名、命令、Dockerfile 或 compose 中的一行，或链接",
    button: "查询",
    help: "查询镜像或查看大小，每次最多消耗一次拉取额度。",
  },

  search: {
    title: "搜索",
    label: (upstream) => `搜索 ${upstream}`,
    button: "搜索",
  },

  check: {
    title: "怎么知道用上了？",
    text: "`hit` 表示由本站缓存返回，`fwd` 表示访问了上游。这条命令不消耗拉取次数。",
  },

  script: {
    copied: "已复制",
    selected: "已选中，请按 Ctrl+C 或 ⌘C",
    pull: "拉取",
    tag: "改回原来的名字",
    problems: {
      name: "这不是合法的镜像名或标签。",
      "upper-case": "镜像名不能有大写字母。",
      digest: "@ 后面不是合法的摘要。",
      variable: "其中有变量，请换成实际的值。",
      scratch: "scratch 是空镜像，不需要拉取。",
    },
    elsewhere: "本站不提供 {registry}，只提供 {served}。",
    asking: "正在查询……",
    found: "镜像存在。",
    digest: "摘要",
    showSize: "查看大小",
    anyPlatform: "未注明",
    unreadable: "本站返回了 {status}。",
    unreachable: "无法连接本站。",
    official: "官方",
    results: "找到：",
  },

  guides: {
    title: "配置客户端",
    registries: (names) => `本站提供：${names}。`,
    ownHosts: (name, hosts) => `${name} 还有专用域名 ${hosts}。`,
    needsUser:
      "这个客户端会先访问域名根路径，只有路径密钥时会得到 404 而中止。请站长添加一个用户（`ACCESS_USERS`）。",
    byName: "直接写全名拉取：",
    othersByName: "其他仓库写在镜像名前面：",
    restart: "然后：",
    test: "试一试：",
  },

  docker: {
    title: "Linux 上的 Docker",
    old: "Docker 24 及更早版本不支持 `registry-mirrors` 里带路径的地址，写进去可能无法启动。请先看 `docker version`，旧版本直接写全名拉取。",
    merge:
      "把本站加入 `/etc/docker/daemon.json`，保留其他内容，并让 Docker 重新加载。原文件会备份在旁边。",
    byHand: "没有 python3 时手动合并以下内容，再执行 `sudo systemctl reload docker`：",
    plain: "之后照常写镜像名即可；本站出错时，Docker 会自动改从 Docker Hub 拉取：",
    direct: "不改配置，直接写全名：",
    hubOnly: "Docker 的 `registry-mirrors` 只对 Docker Hub 有效，其他镜像请直接写全名：",
    ownLogin: (upstream) => `要拉取你自己的私有镜像，先用 ${upstream} 账号登录，再写全名拉取：`,
  },

  desktop: {
    merge: "打开 Settings → Docker Engine，把以下内容合并到已有的 JSON，再点 Apply & restart。",
  },

  containerd: {
    hosts: "为每个仓库写一个 `hosts.toml`，已有的会被覆盖。下次拉取时生效。",
    two: "containerd 2：在这个标题下设置 `config_path`；没有这个标题才添加，新建的文件要先写 `version = 3`。请删除 `registry.mirrors`。",
    one: "containerd 1 则是这里，新建的文件要先写 `version = 2`。",
  },

  kubernetes: {
    kubeadm: "kubeadm 等使用 containerd 的集群：在每个节点上按 containerd 一节操作。",
    k3s: "k3s：每个节点都要配置。RKE2 的文件是 `/etc/rancher/rke2/registries.yaml`。",
  },

  podman: {
    file: "单独一个文件，不影响其他配置。CRI-O 用 `sudo systemctl reload crio` 加载。",
  },

  buildkit: {
    own: "Docker 默认的构建器使用 `daemon.json` 的设置。要创建独立的构建器：",
  },

  kaniko: {
    flags: "给 executor 加上参数；`--registry-map` 需要 kaniko 1.23 或更新版本：",
  },

  skopeo: {
    conf: "写好 Podman 一节的文件后，`skopeo copy docker://docker.io/…` 也会自动走本站。",
  },

  nas: {
    title: "群晖等 NAS",
    synology:
      "群晖：Container Manager → 注册表 → 设置 → Docker Hub → 编辑 → 启用注册表镜像，填入这个地址：",
    other: "威联通、绿联、飞牛、TrueNAS：如果有“镜像加速”或“镜像仓库”一栏，也填这个地址。",
    catalogue:
      "“注册表”页的列表可能显示空白。所有 NAS 都可以在项目（compose 文件）里或通过 SSH 直接写全名：",
  },
};
