/** The languages of setup. */
export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];

type Both<T> = { readonly [language in Language]: T };

function both(en: string, zh: string): Both<string>;
function both<A extends unknown[]>(
  en: (...values: A) => string,
  zh: (...values: A) => string,
): Both<(...values: A) => string>;
function both(en: unknown, zh: unknown): Both<unknown> {
  return { en, zh };
}

/** Every text of setup in English and Simplified Chinese. Answers are the same in both. */
const TEXTS = {
  // The arguments.
  usage: both(
    `npm run setup                 asks, shows what would change, and changes it
npm run setup -- --dry-run    … and changes nothing
npm run setup -- --lang zh    in Chinese; en is English`,
    `npm run setup                 逐项询问，列出改动，确认后执行
npm run setup -- --dry-run    只列出改动，不执行
npm run setup -- --lang en    英文；zh 为中文`,
  ),
  unknownArgument: both(
    (argument: string) => `Setup has no argument ${argument}.`,
    (argument) => `没有 ${argument} 这个参数。`,
  ),
  languageValue: both("--lang takes en or zh.", "--lang 的值只能是 en 或 zh。"),

  // Answers.
  answerWith: both(
    (hint: string) => `Please answer with ${hint}.`,
    (hint) => `请输入${hint}。`,
  ),
  yesOrNo: both("y or n", " y 或 n"),
  oneOf: both(
    (words: string) => `one of ${words}, or its number`,
    (words) => `其中之一：${words}，或它的编号`,
  ),
  interrupted: both("Interrupted.", "已中断。"),
  inputEnded: both(
    (prompt: string) => `The input ended before an answer to “${prompt}”.`,
    (prompt) => `还没有回答“${prompt}”，输入就结束了。`,
  ),

  // Start and end.
  welcome: both(
    (
      file: string,
    ) => `Sets up ${file}, the secrets of this mirror, and its R2 bucket. Enter selects the value in
brackets, < goes back one question. Nothing is changed before the last question; Ctrl-C leaves
everything as it is.`,
    (
      file,
    ) => `设置 ${file}、镜像站的机密和 R2 存储桶。直接回车选用方括号里的值，输入 < 返回上一个问题。
回答最后一个问题之前不会做任何改动；按 Ctrl-C 可随时退出，一切保持原样。`,
  ),
  unknownSecrets: both(
    (reason: string) => `
Cloudflare could not be asked which secrets are stored: ${reason}
To store an account or a lock, press Ctrl-C, log in and start again:

  npx wrangler login            opens a browser on this machine
  npx wrangler login --device   shows a code to enter in a browser on any machine (ssh, containers)

Without a login, CLOUDFLARE_API_TOKEN is used. Create the token in the dashboard (My Profile → API
Tokens → Edit Cloudflare Workers), then:

  read -rs CLOUDFLARE_API_TOKEN && export CLOUDFLARE_API_TOKEN`,
    (reason) => `
无法向 Cloudflare 查询已保存的机密：${reason}
要保存账号或密钥，请按 Ctrl-C 退出，登录后重新运行：

  npx wrangler login            在本机打开浏览器登录
  npx wrangler login --device   显示一个代码，在任何一台机器的浏览器里输入（适合 ssh 和容器）

不登录则使用 CLOUDFLARE_API_TOKEN。在控制台创建令牌
（My Profile → API Tokens → Edit Cloudflare Workers），然后：

  read -rs CLOUDFLARE_API_TOKEN && export CLOUDFLARE_API_TOKEN`,
  ),
  dryRun: both("Dry run: nothing was written or stored.", "演练模式：没有写入或保存任何内容。"),
  doThis: both("Do this?", "执行以上改动吗？"),
  nothingChanged: both("Nothing was changed.", "没有做任何改动。"),
  nothingToChange: both("\nNothing to change.", "\n没有需要改动的内容。"),
  unchangedAfterError: both(
    (file: string) => `${file} and the secrets are unchanged.`,
    (file) => `${file} 和机密都没有改动。`,
  ),
  editedMeanwhile: both(
    (file: string) => `${file} was edited in the meantime. Run npm run setup again.`,
    (file) => `${file} 在此期间被修改过。请重新运行 npm run setup。`,
  ),

  cannotEdit: both(
    (byHand: string) => `The settings are written in a form that setup cannot edit. ${byHand}`,
    (byHand) => `setup 无法编辑设置文件的这种写法。${byHand}`,
  ),
  removeByHand: both(
    (name: string) => `Remove ${name} by hand.`,
    (name) => `请手动删除 ${name}。`,
  ),
  writeByHand: both(
    (lines: string) => `Write by hand:\n\n${lines}\n`,
    (lines) => `请手动写入：\n\n${lines}\n`,
  ),
  keepDays: both(
    "BLOB_KEEP_DAYS must be a whole number of days, at least 1.",
    "BLOB_KEEP_DAYS 必须是整数天数，至少为 1。",
  ),

  // The domain.
  domain: both(
    `
Domain. The mirror's own host name. Its domain must be on Cloudflare; the free plan is enough.
workers.dev needs no domain, but is blocked in some networks.`,
    `
域名。镜像站自己的主机名，所属域名必须托管在 Cloudflare，免费套餐即可。
workers.dev 不需要域名，但在一些网络中被屏蔽，包括中国大陆。`,
  ),
  domainPrompt: both("Host name, or workers.dev", "主机名，或 workers.dev"),
  domainHint: both(
    "a host name such as mirror.example.com, or workers.dev",
    "主机名，例如 mirror.example.com，或 workers.dev",
  ),
  lookAlike: both(
    (
      brand: string,
    ) => `Careful: hosts with “${brand}” in their name get reported as phishing, and are then blocked. A
neutral name is safer.`,
    (brand) => `注意：名称中含有“${brand}”的主机容易被举报为钓鱼网站而遭封锁。中性的名称更安全。`,
  ),

  // The account.
  accountTitle: both("\nAccount.", "\n账号。"),
  otherUpstream: both(
    (upstream: string) =>
      `UPSTREAM is ${upstream}. docs/configuration.md describes how to give it an account.`,
    (upstream) => `UPSTREAM 是 ${upstream}。为它配置账号的方法见 docs/configuration.md。`,
  ),
  accountWhy: both(
    `Docker Hub limits pulls without an account per address, and Workers share their addresses with
strangers, so a mirror without an account answers 429 sooner or later. Any free account will do.
Create an access token under Account settings → Personal access tokens, with "Public Repo Read-only".
UPSTREAM in mirror.toml may have a second URL, such as https://mirror.gcr.io, which is asked when
Docker Hub refuses or fails: docs/registries.md.`,
    `Docker Hub 对匿名拉取按 IP 地址限额，而 Workers 的出口地址由许多人共用，没有账号的镜像站迟早会返回 429。
免费账号就够用。在 Account settings → Personal access tokens 创建一个权限为 “Public Repo Read-only” 的令牌。
mirror.toml 中的 UPSTREAM 可以写第二个地址，例如 https://mirror.gcr.io，在 Docker Hub 拒绝或失败时使用：
docs/registries.md。`,
  ),
  accountStored: both("An account is stored. Store another?", "已保存一个账号。换成另一个吗？"),
  usernamePrompt: both("Docker Hub username, or none", "Docker Hub 用户名，或 none（不用账号）"),
  usernameHint: both("a username, or none", "用户名，或 none"),
  tokenPrompt: both("Access token (not shown): ", "访问令牌（不显示）："),
  askingHub: both("Asking Docker Hub …", "正在向 Docker Hub 验证……"),
  accountAccepted: both(
    "Docker Hub accepts this account and token.",
    "Docker Hub 接受这个账号和令牌。",
  ),
  accountRejected: both(
    "Docker Hub does not accept this username with this token. Try again.",
    "Docker Hub 不接受这个用户名和令牌，请重试。",
  ),
  accountUnknown: both(
    (reason: string) => `The account could not be checked: ${reason}.`,
    (reason) => `无法验证账号：${reason}。`,
  ),
  storeUnchecked: both("Store the account unchecked?", "不经验证就保存吗？"),
  hubLimiting: both("auth.docker.io is limiting requests (429)", "auth.docker.io 正在限流（429）"),
  hubStatus: both(
    (status: number) => `auth.docker.io answered with status ${status}`,
    (status) => `auth.docker.io 返回状态 ${status}`,
  ),
  hubTimeout: both("auth.docker.io did not answer in time", "auth.docker.io 没有及时响应"),
  hubUnreachable: both(
    (code: string) => `auth.docker.io cannot be reached${code}`,
    (code) => `无法连接 auth.docker.io${code}`,
  ),
  publicOnly: both(
    `The mirror never serves private images of its account: before each image that is not official it
checks that the image is public. A token with "Public Repo Read-only" makes that unnecessary.`,
    `镜像站不会提供账号下的私有镜像：拉取非官方镜像前，它会先检查镜像是否公开。
令牌权限为 “Public Repo Read-only” 时，可以省去这项检查。`,
  ),
  publicOnlyPrompt: both(
    'Does the token have "Public Repo Read-only"?',
    "令牌的权限是 “Public Repo Read-only” 吗？",
  ),

  // The lock.
  lock: both(
    "\nLock. Without a lock, anyone who finds the address uses your quota, in your name.",
    "\n访问控制。没有访问控制，任何发现这个地址的人都能以你的名义用掉你的额度。",
  ),
  lockPrompt: both("Lock", "访问控制"),
  lockAsIs: both("leave it as it is", "保持现状"),
  lockStored: both(
    (names: string) => `${names}, as stored`,
    (names) => `使用已保存的 ${names}`,
  ),
  lockPath: both(
    "a secret in the address, for plain Docker",
    "在地址中加入密钥，适合普通的 Docker",
  ),
  lockUser: both("a name and a token, for docker login", "用户名和令牌，用于 docker login"),
  lockNone: both("open to everybody", "对所有人开放"),
  lockReplaces: both("; the present ones stop working", "；现有的将失效"),
  lockOpen: both(
    `The mirror will be open. Strangers find such hosts within days, use up your Docker Hub quota and
your 100,000 requests a day, and get the host reported. You can change this at any time with
npm run setup.`,
    `镜像站将对所有人开放。陌生人几天之内就会发现它，用光你的 Docker Hub 额度和每天 100,000 次请求，
还可能使它被举报。随时可以用 npm run setup 更改。`,
  ),
  userPrompt: both("Username", "用户名"),
  userHint: both("letters, digits, . _ @ or -", "字母、数字、. _ @ 或 -"),

  // The registries.
  registries: both(
    (first: string) => `\nRegistries. ${first} is always included. Which others?`,
    (first) => `\n镜像仓库。始终包括 ${first}。还需要哪些？`,
  ),
  registriesPrompt: both(
    "Numbers or names, all, or none",
    "编号或名称，all（全部），或 none（都不要）",
  ),
  registriesHint: both(
    "numbers or names of the list, separated by spaces; all; or none",
    "列表中的编号或名称，用空格分隔；或 all；或 none",
  ),
  accountsStored: both(
    `REGISTRY_ACCOUNTS is stored. If it names a registry that you removed, the mirror answers 500 until
you store another value: see docs/registries.md.`,
    `已保存 REGISTRY_ACCOUNTS。如果其中有你刚去掉的镜像仓库，镜像站会返回 500，直到你保存新的值：
见 docs/registries.md。`,
  ),
  hosts: both(
    (domain: string, registry: string) => `
Images of these registries are pulled as ${domain}/${registry}/…. With a host name for each
registry, the names are shorter.`,
    (domain, registry) => `
这些仓库的镜像按 ${domain}/${registry}/… 拉取。为每个仓库设置主机名，镜像名会更短。`,
  ),
  hostsPrompt: both("Host names for them?", "为它们设置主机名吗？"),
  parentPrompt: both(
    (example: string) => `Below which domain, as in ${example}?`,
    (example) => `放在哪个域名下（例如 ${example}）？`,
  ),
  parentHint: both("a domain such as example.com", "域名，例如 example.com"),

  // Layers and search.
  layersOff: both(
    "\nLayers. BLOB_MAX_BYTES is 0, so the mirror stores no layers.",
    "\n镜像层。BLOB_MAX_BYTES 为 0，镜像站不存储镜像层。",
  ),
  layers: both(
    `
Layers. Without R2, public layers of up to 512 MB are stored in Cloudflare's edge cache: free, for
each data centre by itself, for 7 days at most, and without a guarantee. In R2 they are stored once
for all data centres and remain available while Docker Hub is not. 10 GB are free. R2 must be
enabled in the dashboard first, which asks for a payment method.`,
    `
镜像层。不用 R2 时，不超过 512 MB 的公开镜像层存放在 Cloudflare 的边缘缓存：免费，每个数据中心各存一份，
最多 7 天，不作保证。R2 为所有数据中心存一份，Docker Hub 不可用时仍能拉取。10 GB 免费。
R2 须先在控制台启用，需要绑定付款方式。`,
  ),
  layersPrompt: both("Store layers in R2?", "把镜像层存放在 R2 吗？"),
  search: both(
    `
Search. docker search and the page's search box can ask the mirror, which asks Docker Hub.`,
    `
搜索。docker search 和页面上的搜索框可以通过镜像站搜索 Docker Hub。`,
  ),
  searchPrompt: both("Answer searches?", "提供搜索吗？"),

  // The changes.
  changesOf: both(
    (file: string) => `\n${file}:\n`,
    (file) => `\n${file}：\n`,
  ),
  secretsTitle: both("\nSecrets at Cloudflare:\n", "\nCloudflare 上的机密：\n"),
  namespace: both(
    (title: string, file: string) => `
KV namespace ${title}: created if it is missing. Its id is written to ${file}, so that
every deploy uses this namespace and none tries to create it again.
`,
    (title, file) => `
KV 命名空间 ${title}：如果不存在则创建。它的 id 会写入 ${file}，以后每次部署都使用它，不再重复创建。
`,
  ),
  bucket: both(
    (bucket: string, expireDays: number, keepDays: number) => `
R2 bucket ${bucket}: created if it is missing. A lifecycle rule deletes layers ${expireDays} days after
they were stored. A pull stores an older layer again, so a layer remains for at least
${keepDays} days after its last pull (BLOB_KEEP_DAYS).
`,
    (bucket, expireDays, keepDays) => `
R2 存储桶 ${bucket}：如果不存在则创建。生命周期规则在镜像层存入 ${expireDays} 天后删除它。
拉取时会重新存储较旧的镜像层，因此最后一次拉取后至少保留 ${keepDays} 天（BLOB_KEEP_DAYS）。
`,
  ),
  newFile: both(
    (file: string) => `
${file} is a new file. From the next deploy on it has all variables of the mirror: those that were
set in the dashboard are removed.
`,
    (file) => `
${file} 是新文件。下次部署起，镜像站的变量以它为准：在控制台设置的变量会被移除。
`,
  ),
  namespaceIdFailed: both(
    (reason: string) => `\nThe KV namespace's id was NOT written: ${reason}`,
    (reason) => `\n没有写入 KV 命名空间的 id：${reason}`,
  ),
  namespaceFailed: both(
    (reason: string, file: string) => `
The KV namespace was NOT set up: ${reason}
${file} stays without its id; then the first deploy creates the namespace.`,
    (reason, file) => `
没有设置 KV 命名空间：${reason}
${file} 中不写 id，首次部署时会创建命名空间。`,
  ),
  bucketFailed: both(
    (reason: string) => `
The R2 bucket was NOT set up: ${reason}`,
    (reason) => `
没有设置 R2 存储桶：${reason}`,
  ),
  noBucket: both(
    `The mirror is set up without R2: layers are stored in Cloudflare's edge cache only. To store them
in R2, enable it in the dashboard (R2 object storage), check that your login may use it, and run
npm run setup  again.`,
    `镜像站不使用 R2：镜像层只存放在 Cloudflare 的边缘缓存。要存放在 R2，请在控制台启用它
（R2 object storage），确认你的登录有权使用，然后重新运行  npm run setup 。`,
  ),
  bucketUnchanged: both(
    `Layers stay turned on, but without the rule they are never deleted. Check that R2 is enabled in the
dashboard (R2 object storage) and that your login may use it, and run  npm run setup  again.`,
    `镜像层仍会存储，但没有规则就永远不会删除。请确认控制台已启用 R2（R2 object storage）、
你的登录有权使用它，然后重新运行  npm run setup 。`,
  ),
  firstDeploy: both(
    `Setup continues with the first deploy, which stores the secrets too. If wrangler asks whether to
register a workers.dev subdomain, answer y.
`,
    `现在进行首次部署，同时保存机密。如果 wrangler 询问是否注册 workers.dev 子域名，请回答 y。
`,
  ),
  deployFailed: both(
    (reason: string, file: string) => `
The first deploy failed: ${reason}
${file} is written. Run  npm run setup  again; only the account and the lock have to be
answered.`,
    (reason, file) => `
首次部署失败：${reason}
${file} 已写入。请重新运行  npm run setup ，只需要回答账号和访问控制。`,
  ),
  notStored: both(
    (reason: string, file: string) => `
The secrets were NOT stored: ${reason}
${file} is written. Before you deploy, log in if you are not ( npx wrangler login ) and run
npm run setup  again; only the account and the lock have to be answered.`,
    (reason, file) => `
机密没有保存：${reason}
${file} 已写入。部署之前，如果还没有登录，请先登录（ npx wrangler login ），再重新运行  npm run setup ，
只需要回答账号和访问控制。`,
  ),

  // The next steps.
  isDeployed: both("The mirror is deployed.", "镜像站已部署。"),
  deployNext: both("Next:\n\n  npm run deploy", "下一步：\n\n  npm run deploy"),
  printsAddress: both(
    (host: string) => `The deploy prints the address: ${host}.`,
    (host) => `部署后会显示地址：${host}。`,
  ),
  subdomain: both("<your subdomain>", "<你的子域名>"),
  pathSecret: both("<your path secret>", "<你的路径密钥>"),
  check: both("Then check the mirror:", "然后检查镜像站："),
  checkSecret: both(
    (address: string) =>
      `Then check the mirror. The first command waits for the address, ${address}:`,
    (address) => `然后检查镜像站。第一条命令等待输入地址 ${address}：`,
  ),
  daemonJson: both(
    `Docker, in /etc/docker/daemon.json (Docker Desktop: Settings → Docker Engine), then
systemctl reload docker:`,
    `Docker：写入 /etc/docker/daemon.json（Docker Desktop：Settings → Docker Engine），
再执行 systemctl reload docker：`,
  ),
  byName: both(
    "Docker 24 and older accept no path there. They pull by name:",
    "Docker 24 及更早版本不接受路径，要写全名拉取：",
  ),
  shownOnce: both(
    "The address contains the secret. It is shown only now.",
    "地址中含有密钥，只在这里显示一次。",
  ),
  logIn: both(
    "Docker sends no login to a mirror in registry-mirrors, so pull by name:",
    "Docker 不会把登录信息发给 registry-mirrors 中的镜像站，因此要写全名拉取：",
  ),
  token: both(
    (token: string) => `Token: ${token}`,
    (token) => `令牌：${token}`,
  ),
  usersStored: both("Users and tokens are as stored.", "用户和令牌与已保存的相同。"),
  otherRegistries: both("The other registries:", "其他镜像仓库："),
  otherClients: both(
    (page: string | null) =>
      `${page === null ? "docs/access.md describes" : `${page} and docs/access.md describe`} containerd, Podman and all other clients.`,
    (page) =>
      `containerd、Podman 等其他客户端见${page === null ? "" : ` ${page} 和`} docs/access.md。`,
  ),

  // Failures of wrangler, by the code of Cloudflare's API. docs/deploy.md has the same codes.
  cloudflareError: both(
    (code: number, reason: string, remedy: string) =>
      `Cloudflare error ${code}: ${reason}\nWhat to do: ${remedy}`,
    (code, reason, remedy) => `Cloudflare 错误 ${code}：${reason}\n解决办法：${remedy}`,
  ),
  notLoggedIn: both("you are not logged in.", "尚未登录。"),
  error10000: both(
    `Run  npx wrangler login, or give CLOUDFLARE_API_TOKEN the policy "Edit Cloudflare Workers". Then run  npm run setup  again.`,
    `运行  npx wrangler login ，或给 CLOUDFLARE_API_TOKEN “Edit Cloudflare Workers” 的权限，然后重新运行  npm run setup 。`,
  ),
  error10014: both(
    "Run  npm run setup  again: it finds the KV namespace and writes its id.",
    "重新运行  npm run setup ：它会找到这个 KV 命名空间并写入 id。",
  ),
  error10054: both(
    "Shorten the value: each variable and secret may have 5 KB at most.",
    "缩短这个值：每个变量和机密最多 5 KB。",
  ),
  error10063: both(
    "Open Workers & Pages in the dashboard once, which creates the subdomain, then run  npm run setup  again.",
    "在控制台打开一次 Workers & Pages 以创建子域名，然后重新运行  npm run setup 。",
  ),
  error10085: both(
    "Run  npm run setup  again: it creates the bucket, or turns R2 off.",
    "重新运行  npm run setup ：它会创建存储桶，或关闭 R2。",
  ),
  r2Disabled: both(
    "Enable R2 in the dashboard (R2 object storage), then run  npm run setup  again.",
    "在控制台启用 R2（R2 object storage），然后重新运行  npm run setup 。",
  ),
  unknownError: both(
    "Try again later, or search for the code at https://developers.cloudflare.com.",
    "稍后重试，或在 https://developers.cloudflare.com 搜索这个错误码。",
  ),
};

export type Texts = { readonly [name in keyof typeof TEXTS]: (typeof TEXTS)[name]["en"] };

export function textsIn(language: Language): Texts {
  const entries = Object.entries(TEXTS).map(([name, text]) => [name, text[language]]);
  return Object.fromEntries(entries) as Texts;
}

/** An error with a text in both languages; its message is English. */
export class SetupError extends Error {
  readonly textIn: (texts: Texts) => string;

  constructor(textIn: (texts: Texts) => string) {
    super(textIn(textsIn("en")));
    this.textIn = textIn;
  }
}

/** @returns the text of an error, in the user's language if it has one. */
export function messageOf(error: unknown, texts: Texts): string {
  return error instanceof SetupError ? error.textIn(texts) : (error as Error).message;
}

/**
 * @param wanted the value of `--lang`, or undefined.
 * @param environment where the locale is, e.g. `zh_CN.UTF-8`; the first variable set decides.
 * @returns null if the wanted language is unknown.
 */
export function chooseLanguage(
  wanted: string | undefined,
  { LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv,
): Language | null {
  if (wanted !== undefined) return LANGUAGES.find((language) => language === wanted) ?? null;
  return /^zh\b|^zh_/i.test(LC_ALL || LC_MESSAGES || LANG || "") ? "zh" : "en";
}
