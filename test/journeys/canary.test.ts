import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { daemonClient } from '../../src/cli/daemon-client.ts'
import { runCli } from '../../src/cli/surety.ts'
import { loadDaemonConfig } from '../../src/config/daemon.ts'
import { type Caller, serveControl } from '../../src/daemon/control/control-server.ts'
import { type Connect, connectWebSocket } from '../../src/daemon/stream/connection.ts'
import { apiClient } from '../../src/directory/commands/api-client.ts'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import { createDiscovery } from '../../src/discovery/discovery.ts'
import { collectPosture } from '../../src/posture/posture.ts'
import { createdTokenReader } from '../../src/protocol/api-administration.ts'
import { apiAnswer } from '../../src/protocol/api-common.ts'
import { evidencePageSchema, sightingPageSchema } from '../../src/protocol/api-devices.ts'
import { homeReader } from '../../src/reader/home-reader.ts'
import { readScreenLocks } from '../../src/reader/screen-locks.ts'
import { startProgram } from '../../src/system/command.ts'
import { linuxProcesses } from '../../src/system/linux-processes.ts'
import { askLocalSocket } from '../../src/system/local-client.ts'
import { createLog } from '../../src/system/winston-log.ts'
import { machine } from '../posture/fake-components.ts'
import { canary, findCanaries, type Haystack } from '../support/canaries.ts'
import { serveDirectory } from '../support/directory-process.ts'
import { type FixtureHome, fixtureHome, writeChromiumProfile, writeFirefoxProfile } from '../support/fixture-home.ts'
import { type RunningDaemon, runningDaemon } from '../support/running-daemon.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { profileOf } from './house.ts'

/** What must never leave the device, by where it stands. */
const SECRET = {
  argument: canary('argument'),
  flagValue: canary('flag-value'),
  prompt: canary('prompt'),
  environment: canary('environment'),
  marker: canary('marker-value'),
  mcpArgument: canary('mcp-argument'),
  mcpEnvironment: canary('mcp-environment'),
  mcpUrl: canary('mcp-url'),
  oauth: canary('oauth'),
  history: canary('history'),
  preference: canary('preference'),
  manifest: canary('manifest'),
  brokenFile: canary('broken-file'),
  firefox: canary('firefox'),
  packageField: canary('package-field'),
  npmrc: canary('npmrc'),
  dotenv: canary('dotenv'),
  screenLock: canary('screen-lock'),
  shadow: canary('shadow'),
  sshd: canary('sshd'),
  proxy: canary('proxy'),
  mcpHeader: canary('mcp-header'),
  mcpQuery: canary('mcp-query'),
  mcpInput: canary('mcp-input'),
  title: canary('process-title'),
  keyring: canary('keyring'),
  cookie: canary('cookie'),
  instructions: canary('instructions'),
  hook: canary('hook'),
  setting: canary('setting'),
  token: canary('token'),
} as const
/** Stands in the path of a program, which is told: the search must find this one. */
const TOLD = canary('told')
const TOLD_MODEL = 'a-model-that-is-told'
const SECRETS = Object.values(SECRET)

const READER = resolve(import.meta.dirname, '../../src/main-reader.ts')
const SIDER = 'difoiogjjojoaoomphldepapgpbgkhkb'

function plantFiles(home: FixtureHome): void {
  const server = {
    command: 'npx',
    args: ['-y', 'server', '--token', SECRET.mcpArgument],
    env: { KEY: SECRET.mcpEnvironment },
  }
  const mcpServers = {
    one: server,
    two: { type: 'http', url: `https://user:${SECRET.mcpUrl}@example.org/${SECRET.mcpUrl}` },
  }
  home.write('.claude.json', {
    mcpServers,
    projects: { [home.at('project')]: { mcpServers, history: [{ display: SECRET.history }] } },
    oauthAccount: { accessToken: SECRET.oauth },
    history: [{ display: SECRET.history }],
  })
  home.write('.claude/.credentials.json', { claudeAiOauth: { accessToken: SECRET.oauth } })
  home.write('.claude/projects/x/session.jsonl', JSON.stringify({ prompt: SECRET.prompt }))
  home.write('.bash_history', `curl -H "authorization: ${SECRET.history}"\n`)
  home.write('.env', `API_KEY=${SECRET.dotenv}\n`)
  home.write('.npmrc', `//registry.npmjs.org/:_authToken=${SECRET.npmrc}\n`)
  home.write('.config/kscreenlockerrc', `[Daemon]\nAutolock=true\nTimeout=5\n[Secrets]\nKey=${SECRET.screenLock}\n`)
  home.write('.ollama/models/manifests/registry.ollama.ai/library/told/1b', SECRET.manifest)
  plantServers(home)
  home.write('.local/share/keyrings/login.keyring', SECRET.keyring)
  home.write('.ssh/id_ed25519', `-----BEGIN OPENSSH PRIVATE KEY-----\n${SECRET.keyring}\n`)
  home.write('.aws/credentials', `[default]\naws_secret_access_key = ${SECRET.keyring}\n`)
  home.write('.config/google-chrome/Default/Cookies', SECRET.cookie)
  home.write('.netrc', `machine example.org password ${SECRET.keyring}\n`)
  plantBrowsers(home)
  plantAgentFiles(home)
  const installed = '.local/lib/node_modules/@anthropic-ai/claude-code'
  home.write(`${installed}/package.json`, {
    ...{
      name: '@anthropic-ai/claude-code',
      version: '2.1.0',
      _authToken: SECRET.packageField,
      author: SECRET.packageField,
    },
    ...{
      repository: { url: `https://${SECRET.packageField}@example.org` },
      scripts: { postinstall: SECRET.packageField },
    },
  })
}

/** Servers with secrets in every place they have, in every file that any client of the catalogue reads. */
function plantServers(home: FixtureHome): void {
  const local = {
    ...{
      command: 'npx',
      args: ['-y', '@example/server@1.2.3', '--api-key', SECRET.mcpArgument, `--token=${SECRET.mcpArgument}`],
    },
    ...{
      env: { API_KEY: SECRET.mcpEnvironment },
      cwd: `/srv/${SECRET.mcpArgument}`,
      envFile: `/srv/${SECRET.mcpEnvironment}`,
    },
  }
  const remote = {
    ...{
      type: 'http',
      url: `https://user:${SECRET.mcpUrl}@example.org/${SECRET.mcpUrl}?key=${SECRET.mcpQuery}#${SECRET.mcpQuery}`,
    },
    ...{ headers: { Authorization: `Bearer ${SECRET.mcpHeader}` }, oauth: { clientSecret: SECRET.mcpHeader } },
  }
  const secret = SECRET.mcpArgument
  const servers = {
    ...{ local, remote },
    line: { command: `KEY=${secret} npx server --token ${secret}` },
    lineWithArguments: { command: `npx server --token ${secret}`, args: [secret] },
    path: { command: `/usr/bin/npx server --token ${secret}`, args: secret },
    list: { command: ['npx', '--token', secret, 'server', secret] },
    nested: { command: { path: `npx ${secret}`, args: [secret], env: { KEY: secret } } },
    shell: { command: 'sh', args: ['-c', `KEY=${secret} exec npx -y server --token=${secret}`] },
    env: { command: 'env', args: [`KEY=${secret}`, 'npx', '-y', 'server', secret] },
    python: { command: 'uvx', args: ['--from', `git+https://user:${secret}@example.org/${secret}`, 'server', secret] },
    registry: { command: 'npx', args: ['--registry', `https://user:${secret}@example.org`, '-y', 'server'] },
    container: { command: 'docker', args: ['run', '-e', `KEY=${secret}`, `--env=KEY=${secret}`, 'image', secret] },
    bridge: {
      command: 'npx',
      args: ['-y', 'mcp-remote', `https://example.org/${secret}?k=${secret}`, '--header', `A: ${secret}`],
    },
    listed: { command: 'npx', args: ['server'], env: [`KEY=${secret}`, { name: 'KEY', value: secret }] },
  }
  for (const { path, key } of builtInCatalogue().entries.flatMap(({ mcp }) => mcp ?? [])) {
    const place = path.startsWith('~/') ? path.slice(2) : path.startsWith('./') ? `project/${path.slice(2)}` : undefined
    // That file has its own story, and tells where the project is.
    if (place === undefined || place === '.claude.json') continue
    const content = key
      .toReversed()
      .reduce<unknown>((inner, name) => ({ [name === '*' ? 'any' : name]: inner }), servers)
    home.write(
      place.replaceAll('*', 'any'),
      serialise(place, { ...asMembers(content), inputs: [{ default: SECRET.mcpInput }] }),
    )
  }
}

/** What agents are told to do and to run, how they are set, who is signed in: with secrets wherever there is room for one. */
function plantAgentFiles(home: FixtureHome): void {
  const { entries } = builtInCatalogue()
  const placeOf = (path: string) =>
    path.startsWith('/') ? undefined : path.replace(/^~\//, '').replace(/^\.\//, 'project/')
  for (const { path, kind, key = [] } of entries.flatMap(({ files }) => files ?? [])) {
    const place = placeOf(path)?.replaceAll('*', 'any')
    // Some agents read a file of that name, others what lies in a folder of it.
    if (place === undefined || place.endsWith('.clinerules')) continue
    if (kind === 'hook' && place.endsWith('.json')) {
      const command = `~/guard.sh --token ${SECRET.hook} && curl https://${SECRET.hook}.example`
      addMember(home, place, key, { PreToolUse: [{ hooks: [{ type: 'command', command }] }] })
    } else if (kind === 'policy' && place.endsWith('.json')) {
      addMember(home, place, ['rules'], `Do ${SECRET.instructions}`)
    } else if (!existsSync(home.at(place))) home.write(place, `# Do ${SECRET.instructions}\n`)
  }
  home.write('guard.sh', `TOKEN=${SECRET.hook}\n`)
  for (const { path, key } of entries.flatMap(({ settings }) => settings ?? [])) {
    addMember(home, placeOf(path), key, SECRET.setting)
  }
  const claims = Buffer.from(JSON.stringify({ email: 'ada@example.org', sub: SECRET.token })).toString('base64url')
  const token = `${Buffer.from(SECRET.token).toString('base64url')}.${claims}.${SECRET.token}`
  home.write('.codex/auth.json', {
    OPENAI_API_KEY: SECRET.token,
    tokens: { id_token: token, access_token: SECRET.token },
  })
  home.write('.gemini/google_accounts.json', { active: 'ada@example.org', old: [SECRET.token] })
  home.write('.config/gh/hosts.yml', `github.com:\n  user: ada\n  oauth_token: ${SECRET.token}\n`)
}

/** In JSON alone: of other formats the servers have filled what is there. */
function addMember(home: FixtureHome, place: string | undefined, key: readonly string[], value: unknown): void {
  if (place === undefined || !/\.jsonc?$/.test(place)) return
  const before: unknown = existsSync(home.at(place)) ? JSON.parse(readFileSync(home.at(place), 'utf8')) : {}
  const root = { ...asMembers(before) }
  let at: Record<string, unknown> = root
  for (const name of key.slice(0, -1)) {
    const next = { ...asMembers(at[name]) }
    at[name] = next
    at = next
  }
  const last = key.at(-1)
  if (last === undefined) Object.assign(root, asMembers(value))
  else at[last] = value
  home.write(place, root)
}

function asMembers(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

/** JSON is YAML too; TOML is not. */
function serialise(path: string, content: object): unknown {
  if (!path.endsWith('.toml')) return content
  return `note = "${SECRET.mcpInput}"
[mcp_servers.local]
command = "npx"
args = ["-y", "server", "--token", "${SECRET.mcpArgument}"]
[mcp_servers.local.env]
KEY = "${SECRET.mcpEnvironment}"
[mcp_servers.remote]
url = "https://user:${SECRET.mcpUrl}@example.org/?key=${SECRET.mcpQuery}"
http_headers = { Authorization = "${SECRET.mcpHeader}" }
`
}

function plantBrowsers(home: FixtureHome): void {
  const manifest = {
    ...{ manifest_version: 3, name: 'Sider', version: '5.1.0', permissions: ['nativeMessaging'], key: SECRET.manifest },
    ...{
      description: SECRET.manifest,
      oauth2: { client_id: SECRET.manifest },
      homepage_url: `https://${SECRET.manifest}/`,
    },
  }
  const settings = {
    ...{
      location: 1,
      from_webstore: true,
      state: 1,
      path: `${SIDER}/5.1.0_0`,
      preferences: { token: SECRET.preference },
    },
    ...{
      granted_permissions: { api: [SECRET.preference] },
      manifest: { ...manifest, options_page: SECRET.preference },
    },
  }
  home.write('.config/google-chrome/NativeMessagingHosts/org.example.host.json', {
    ...{ name: 'org.example.host', description: SECRET.manifest, path: `/opt/${SECRET.manifest}` },
    allowed_origins: [`chrome-extension://${SIDER}/`, `https://${SECRET.manifest}/`],
  })
  writeChromiumProfile(home, 'named by a process/Default', [{ id: SIDER, version: '5.1.0_0', manifest, settings }])
  writeChromiumProfile(home, '.config/google-chrome/Default', [{ id: SIDER, version: '5.1.0_0', manifest, settings }])
  home.write('.config/google-chrome/Default/Preferences', {
    account_info: [{ email: SECRET.preference, token: SECRET.preference }],
    extensions: { settings: { [SIDER]: settings }, pinned: [SECRET.preference] },
  })
  // What is malformed is told; what stands around the fault is not.
  home.write('.config/chromium/Default/Preferences', `{"token": ${SECRET.brokenFile}, "extensions": {}}`)
  home.write('.config/chromium/Default/Secure Preferences', `{"a":"${SECRET.brokenFile}"`)
  const addon = {
    ...{ id: 'a@example.org', type: 'extension', version: '1', active: true, location: 'app-profile' },
    ...{ defaultLocale: { name: 'A', description: SECRET.firefox, creator: SECRET.firefox } },
    ...{ sourceURI: `https://user:${SECRET.firefox}@addons.mozilla.org/x`, syncGUID: SECRET.firefox },
    ...{
      userPermissions: { permissions: ['tabs'], origins: [] },
      installTelemetryInfo: { source: 'amo', sourceURL: SECRET.firefox },
    },
  }
  writeFirefoxProfile(home, '.mozilla/firefox', [addon])
  home.write('.mozilla/firefox/abcd.default/prefs.js', `user_pref("token", "${SECRET.firefox}");\n`)
}

/** A process that lies where an agent lies, with secrets wherever a process can have some. */
function startAgent(folder: string, home: FixtureHome): { readonly pid: number } & Disposable {
  const path = join(folder, TOLD, 'node_modules/@anthropic-ai/claude-code/bin/claude.exe')
  mkdirSync(dirname(path), { recursive: true })
  // A shell, for it takes any arguments; it waits for a line that never comes.
  copyFileSync('/bin/sh', path)
  const secrets = ['--api-key', SECRET.argument, `--append-system-prompt=${SECRET.flagValue}`, '-p', SECRET.prompt]
  const args = ['-c', 'read line', 'claude', '--dangerously-skip-permissions', ...secrets]
  const env = { ANTHROPIC_API_KEY: SECRET.environment, CLAUDECODE: SECRET.marker }
  const child = spawn(path, args, { stdio: ['pipe', 'ignore', 'ignore'], env })
  // Another writes over its own name and arguments, as agents do, and has its secrets there.
  const titled = `process.title = ${JSON.stringify(`claude --api-key ${SECRET.title}`)}; setInterval(() => {}, 1000)`
  const server = spawn(process.execPath, ['-e', titled, 'mcp-server-github', '--token', SECRET.argument], {
    env,
    stdio: 'ignore',
  })
  // A browser of root's own: of its command line the folder of its profiles leaves, where that is in the home.
  const browser = home.at('own/browser')
  mkdirSync(dirname(browser), { recursive: true })
  copyFileSync('/bin/sh', browser)
  const browse = (place: string) =>
    spawn(browser, ['-c', 'read line', 'x', `--user-data-dir=${place}`, ...secrets], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
  const browsers = [browse(home.at('named by a process')), browse(`/srv/${SECRET.argument}`)]
  const runtime = join(folder, TOLD, 'node_modules/.bin/llama-server')
  mkdirSync(dirname(runtime), { recursive: true })
  copyFileSync('/bin/sh', runtime)
  const model = [
    '-m',
    `/srv/${SECRET.argument}/${TOLD_MODEL}.gguf`,
    '-hf',
    `sk-${SECRET.argument}`,
    '--api-key',
    SECRET.argument,
  ]
  const serving = spawn(runtime, ['-c', 'read line', 'x', ...model], { stdio: ['pipe', 'ignore', 'ignore'], env })
  return {
    pid: child.pid ?? 0,
    [Symbol.dispose]() {
      for (const each of [child, server, serving, ...browsers]) each.kill('SIGKILL')
    },
  }
}

/** All that lies in a folder, however it is kept: databases with their logs, too. */
function filesIn(name: string, folder: string): readonly Haystack[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((file) => {
    const path = join(folder, file)
    return statSync(path).isFile() ? [{ name: `${name}/${file}`, bytes: readFileSync(path) }] : []
  })
}

/** Every frame as it was sent, and what stands encoded in it. */
function framesSent(frames: readonly string[]): readonly Haystack[] {
  const decoded = frames.flatMap((frame) => frame.split('.').map((segment) => Buffer.from(segment, 'base64url')))
  return [
    { name: 'wire', bytes: Buffer.from(frames.join('\n')) },
    { name: 'wire decoded', bytes: Buffer.concat(decoded) },
  ]
}

/** What suretyd looks at, but for the accounts and the settings of the machine, which are the test's. */
function collectorsFor(home: FixtureHome) {
  const uid = process.getuid?.() ?? 0
  const user = {
    uid,
    gid: process.getgid?.() ?? 0,
    name: 'ada',
    home: home.path,
    shell: '/bin/sh',
    kind: 'human',
  } as const
  const users = { list: async () => [user] }
  const homes = homeReader({ startProgram, clock: systemClock }, { command: [process.execPath, READER] })
  const tree = {
    '/etc/passwd': `root:x:0:0:${SECRET.shadow}:/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n`,
    '/etc/shadow': `root:$6$${SECRET.shadow}:19000:0:99999:7:::\nada::19000:0:99999:7:::\n`,
    '/etc/group': 'sudo:x:27:ada\n',
    '/etc/ssh/sshd_config': `# ${SECRET.sshd}\nBanner ${SECRET.sshd}\nPermitRootLogin ${SECRET.sshd}\n`,
    '/etc/apt/apt.conf.d/99proxy': `Acquire::http::Proxy "http://user:${SECRET.proxy}@proxy";\nAPT::Periodic {${SECRET.proxy}\n`,
    '/etc/os-release': 'ID=debian\nVERSION_ID="13"\n',
  }
  const screenLocks = (options: { signal: AbortSignal }) => readScreenLocks({ homes, users }, { uid }, options)
  const posture = machine(tree, {}, { screenLocks })
  const systemFiles = machine().files
  const discovery = createDiscovery(
    { processes: linuxProcesses(), homes, systemFiles, users, clock: systemClock },
    { catalogue: builtInCatalogue(), uid },
  )
  return {
    posture: (options: { signal: AbortSignal }) => collectPosture(posture, { checkTimeoutMs: 20_000 }, options),
    quickPosture: (options: { signal: AbortSignal }) => collectPosture(posture, { checkTimeoutMs: 20_000 }, options),
    inventory: async () =>
      ({ hostname: 'h', platform: 'linux', arch: 'x64', osName: 'o', osVersion: '1', kernel: 'k' }) as const,
    discovery: (options: { signal: AbortSignal }) => discovery.collect(options),
    processes: (options: { signal: AbortSignal }) => discovery.processes(options),
  }
}

async function sightingsOf(api: ReturnType<typeof apiClient>, device: string) {
  const page = apiAnswer(sightingPageSchema, 'sightings')
  const items: ReturnType<typeof page.read>['items'][number][] = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const from = cursor === '' ? '' : `&cursor=${cursor}`
    const answer: ReturnType<typeof page.read> = await api.ask(
      'GET',
      `/devices/${device}/sightings?limit=200${from}`,
      page,
    )
    items.push(...answer.items)
    cursor = answer.next
  }
  return items
}

/** What the local socket says, byte for byte, and what `surety` prints of it. */
async function localAnswers(daemon: RunningDaemon, socket: string): Promise<readonly Haystack[]> {
  const { entries } = loadDaemonConfig({ environment: {} })
  const answers = {
    ...{
      status: (caller: Caller) => daemon.status(caller.uid),
      config: () => entries,
      refresh: () => daemon.refresh(),
    },
  }
  await using _ = await serveControl({ addon: undefined, log: silentLog, ...answers }, { socket })
  const limits = { timeoutMs: 20_000, maxBytes: 4 * 1024 * 1024 }
  const said = []
  for (const request of ['status', 'config', 'refresh', 'nonsense']) {
    said.push(await askLocalSocket(socket, JSON.stringify({ request }), limits))
  }
  let printed = ''
  for (const argv of [
    ['status'],
    ['status', '--json'],
    ['agents'],
    ['agents', 'show', 'claude-code'],
    ['extensions'],
    ['mcp'],
    ['runtimes'],
    ['files'],
    ['config', 'show'],
    ['help'],
  ]) {
    const out = (text: string) => {
      printed += text
    }
    await runCli(
      {
        ...{ daemonAt: () => daemonClient({ socket }), readConfig: () => entries, now: Date.now, out, err: out },
        ...{ untilInterrupted: () => AbortSignal.abort(), pause: async () => undefined },
      },
      { argv, socket, terminal: { columns: 80, colour: true } },
    )
  }
  return [
    { name: 'local socket', bytes: Buffer.from(said.join('\n')) },
    { name: 'terminal', bytes: Buffer.from(printed) },
  ]
}

test('no secret of a device is kept, logged or sent; what is told is found by the same search', async () => {
  using folder = temporaryFolder()
  using home = fixtureHome()
  plantFiles(home)
  using agent = startAgent(folder.path, home)
  const data = join(folder.path, 'directory')
  const state = join(folder.path, 'state')
  const logs = join(folder.path, 'logs')
  for (const path of [state, logs]) mkdirSync(path, { mode: 0o700 })
  await using _directory = await serveDirectory(data, [
    '--log-file',
    join(logs, 'directory.log'),
    '--log-level',
    'debug',
  ])
  const api = apiClient(profileOf(data))
  const { enrolment } = await api.ask('POST', '/tokens', createdTokenReader, {
    owner: 'ada@example.org',
    minimumTier: 'software',
  })

  const frames: string[] = []
  const spooled: Haystack[] = []
  const recording: Connect = async (init, options) => {
    const connection = await connectWebSocket(init, options)
    return {
      exporter: connection.exporter,
      next: (nextOptions) => connection.next(nextOptions),
      probe: () => connection.probe(),
      [Symbol.dispose]: () => connection[Symbol.dispose](),
      send(frame) {
        frames.push(frame)
        // While it waits in the spool: what is acknowledged is deleted.
        spooled.push(...filesIn('state', state))
        return connection.send(frame)
      },
    }
  }
  await using log = createLog({ level: 'debug', format: 'json', file: join(logs, 'daemon.log') })
  const daemon = runningDaemon({
    ...{ stateFolder: state, enrolment, log },
    components: { connect: recording, collectors: collectorsFor(home) },
  })
  await daemon.until('complete')
  const status = await daemon.status()
  const spoken = await localAnswers(daemon, join(folder.path, 'run', 'control.sock'))
  const device = status.device?.id ?? ''
  const seen = await sightingsOf(api, device)
  const batches = await api.ask(
    'GET',
    `/devices/${device}/evidence?limit=200`,
    apiAnswer(evidencePageSchema, 'evidence'),
  )
  const database = filesIn('directory', data)
  await daemon.end()

  // What lies open was seen, so that there was something to keep quiet about.
  expect(
    seen.map(({ sighting }) => [sighting.name, sighting.kind === 'agent' ? sighting.process?.pid : undefined]),
  ).toEqual(
    expect.arrayContaining([
      ['Claude Code', agent.pid],
      ['Claude Code', undefined],
      ['Sider', undefined],
      ['A', undefined],
      ['copilot-instructions.md', undefined],
      ['guard.sh', undefined],
    ]),
  )
  expect(
    seen.flatMap(({ sighting }) => (sighting.kind === 'model-runtime' ? [[sighting.name, sighting.models]] : [])),
  ).toEqual(
    expect.arrayContaining([
      ['llama.cpp', [TOLD_MODEL]],
      ['Ollama', ['told:1b']],
    ]),
  )
  const profiles = seen.flatMap(({ sighting }) =>
    sighting.name === 'Sider' && 'profile' in sighting ? [sighting] : [],
  )
  expect(profiles.map(({ profile, nativeMessagingHosts }) => [profile, nativeMessagingHosts]).sort()).toEqual([
    ['Default', ['org.example.host']],
    ['~/named by a process/Default', undefined],
  ])
  expect(status.findings.length).toBeGreaterThan(10)
  expect(batches.items.length).toBeGreaterThan(0)
  const answers = [{ name: 'status', bytes: Buffer.from(JSON.stringify([status, seen, batches])) }]
  const haystacks = [
    ...framesSent(frames),
    ...spooled,
    ...database,
    ...filesIn('logs', logs),
    ...filesIn('state', state),
    ...answers,
    ...spoken,
  ]
  expect(findCanaries(SECRETS, haystacks)).toEqual([])
  const told = findCanaries([TOLD], haystacks)
  expect(told).toEqual(
    expect.arrayContaining(['wire decoded', 'status', 'local socket'].map((place) => `${TOLD} in ${place} as plain`)),
  )
  for (const place of [
    /in wire as base64url$/,
    /in state\/.* as base64url$/,
    /in directory\/.* as (plain|base64url)$/,
  ]) {
    expect(told).toContainEqual(expect.stringMatching(place))
  }
}, 120_000)

test.each([
  ['plain', (text: string) => `x${text}y`],
  ['base64', (text: string) => Buffer.from(`x${text}??>>`).toString('base64')],
  ['base64url', (text: string) => Buffer.from(`{"a":"${text}"}`).toString('base64url')],
  ['hex', (text: string) => Buffer.from(text).toString('hex')],
  ['hex', (text: string) => `00${Buffer.from(text).toString('hex').toUpperCase()}00`],
])('the search finds a secret in %s', (encoding, encode) => {
  const found = findCanaries([TOLD, SECRET.prompt], [{ name: 'here', bytes: Buffer.from(encode(TOLD)) }])
  expect(found).toContain(`${TOLD} in here as ${encoding}`)
  expect(found.every((line) => line.startsWith(TOLD))).toBe(true)
})
