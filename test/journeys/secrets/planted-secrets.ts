import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { inVscodeData } from '../../../src/discovery/files/vscode-products.ts'
import { type FixtureHome, writeChromiumProfile, writeFirefoxProfile } from '../../support/homes/fixture-home.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { SECRET } from './secret-canaries.ts'

/** A home with a secret wherever one can stand, so that each can be searched for. */

const SIDER = 'difoiogjjojoaoomphldepapgpbgkhkb'

export function plantFiles(home: FixtureHome): void {
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
    projects: {
      [home.at('project')]: { mcpServers, history: [{ display: SECRET.history }] },
      [`https://user:${SECRET.name}@example.org`]: { mcpServers },
    },
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
  plantEditor(home)
  const installed = '.local/lib/node_modules/@anthropic-ai/claude-code'
  home.write(`${installed}/package.json`, {
    name: '@anthropic-ai/claude-code',
    version: '2.1.0',
    _authToken: SECRET.packageField,
    author: SECRET.packageField,
    repository: { url: `https://${SECRET.packageField}@example.org` },
    scripts: { postinstall: SECRET.packageField },
  })
}

/** Servers with secrets in every place they have, in every file that any client of the catalogue reads. */
function plantServers(home: FixtureHome): void {
  const local = {
    command: 'npx',
    args: ['-y', '@example/server@1.2.3', '--api-key', SECRET.mcpArgument, `--token=${SECRET.mcpArgument}`],
    env: { API_KEY: SECRET.mcpEnvironment },
    cwd: `/srv/${SECRET.mcpArgument}`,
    envFile: `/srv/${SECRET.mcpEnvironment}`,
  }
  const remote = {
    type: 'http',
    url: `https://user:${SECRET.mcpUrl}@example.org/${SECRET.mcpUrl}?key=${SECRET.mcpQuery}#${SECRET.mcpQuery}`,
    headers: { Authorization: `Bearer ${SECRET.mcpHeader}` },
    oauth: { clientSecret: SECRET.mcpHeader },
  }
  const secret = SECRET.mcpArgument
  const servers = {
    local,
    remote,
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
    named: {
      command: `API-KEY=${SECRET.name} npx foo`,
      env: { [`TOKEN=${SECRET.name}`]: '', [`sk-${SECRET.name}`]: '' },
      headers: { [`Authorization: Bearer ${SECRET.name}`]: '' },
    },
    assigned: { command: `API-KEY=${SECRET.name}`, args: [`--token=${SECRET.name}`] },
    package: { command: 'npx', args: ['-y', `sk-${SECRET.name}`] },
    tag: { command: 'npx', args: ['-y', `server@sk-${SECRET.name}`] },
    [`sk-${SECRET.name}`]: { command: 'server' },
    [`TOKEN=${SECRET.name}`]: { command: 'server' },
    [`https://user:${SECRET.name}@example.org/mcp`]: { command: 'server' },
    bridge: {
      command: 'npx',
      args: ['-y', 'mcp-remote', `https://example.org/${secret}?k=${secret}`, '--header', `A: ${secret}`],
    },
    listed: { command: 'npx', args: ['server'], env: [`KEY=${secret}`, { name: 'KEY', value: secret }] },
  }
  for (const { path, key } of builtInCatalogue().entries.flatMap(({ mcp }) => mcp ?? [])) {
    const place = placeOf(path)
    // That file has its own story, and tells where the project is.
    if (place === undefined || place === '.claude.json') continue
    const content = key
      .toReversed()
      .reduce<unknown>((inner, name) => ({ [name === '*' ? 'any' : name]: inner }), servers)
    home.write(place, serialise(place, { ...asMembers(content), inputs: [{ default: SECRET.mcpInput }] }))
  }
}

/** What agents are told to do and to run, how they are set, who is signed in: with secrets wherever there is room for one. */
function plantAgentFiles(home: FixtureHome): void {
  const { entries } = builtInCatalogue()
  for (const { path, kind, key = [] } of entries.flatMap(({ files }) => files ?? [])) {
    const place = placeOf(path)
    // Some agents read a file of that name, others what lies in a folder of it.
    if (place === undefined || place.endsWith('.clinerules')) continue
    if (kind === 'hook' && place.endsWith('.json')) {
      const command = `~/guard.sh --token ${SECRET.hook} && curl https://${SECRET.hook}.example`
      const hooks = [
        { type: 'command', command, env: { TOKEN: SECRET.hook } },
        { type: 'command', exec: '~/guard.sh', args: ['--token', SECRET.hook], cwd: `./${SECRET.hook}` },
        { type: 'http', url: `https://${SECRET.hook}.example/${SECRET.hook}`, headers: { Authorization: SECRET.hook } },
        { type: 'mcp_tool', server: SECRET.hook, tool: SECRET.hook, input: { command: `~/${SECRET.hook}` } },
        { type: 'prompt', prompt: SECRET.hook },
      ]
      addMember(home, place, key, { PreToolUse: [{ hooks }] })
    } else if (kind === 'plugin' && key.length > 0) {
      const address = `git+https://user:${SECRET.plugin}@example.org/${SECRET.plugin}.git`
      const named = [
        ['named@1.0.0', { token: SECRET.plugin }],
        `x@${address}`,
        `y@https://${SECRET.plugin}/y.tgz`,
        address,
        `./${SECRET.plugin}.ts`,
      ]
      addMember(home, place, key, named)
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

/** Where a path of the catalogue may lie below the home; a folder between is called otherwise than a file at the end. */
function placeOf(path: string): string | undefined {
  if (path.startsWith('/')) return undefined
  const ofEditor = inVscodeData(path, 'linux')
  const [editor] = ofEditor?.folders ?? []
  const place = editor === undefined ? path.replace(/^~\//, '') : `${editor}${ofEditor?.within}`
  return place.replace(/^\.\//, 'project/').replaceAll('*/', 'any-folder/').replaceAll('*', 'any')
}

/** An editor that runs: what it switched off lies in the log of its database, among other things. */
function plantEditor(home: FixtureHome): void {
  const state = '.config/Code/User/globalStorage/state.vscdb'
  home.write('.vscode/extensions/extensions.json', [
    { identifier: { id: 'told.off' }, version: '1.0.0', relativeLocation: 'x', metadata: { token: SECRET.database } },
  ])
  const user = '.config/Code/User'
  home.write(`${user}/globalStorage/storage.json`, {
    userDataProfiles: [{ location: '4f2', name: `sk-${SECRET.name}` }],
  })
  home.write(`${user}/profiles/4f2/extensions.json`, [
    { identifier: { id: 'told.on' }, version: '1.0.0', relativeLocation: 'x' },
  ])
  home.folder(dirname(state))
  using made = temporaryFolder()
  using database = new DatabaseSync(join(made.path, 'db'))
  database.exec('PRAGMA journal_mode=WAL; CREATE TABLE ItemTable (key TEXT UNIQUE, value BLOB)')
  const insert = database.prepare('INSERT INTO ItemTable VALUES (?, ?)')
  insert.run('secret://x', SECRET.database)
  insert.run('extensionsIdentifiers/disabled', JSON.stringify([{ id: 'told.off' }, { id: SECRET.database }]))
  for (const log of ['', '-wal']) copyFileSync(join(made.path, `db${log}`), home.at(`${state}${log}`))
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
    manifest_version: 3,
    name: 'Sider',
    version: '5.1.0',
    permissions: ['nativeMessaging'],
    key: SECRET.manifest,
    description: SECRET.manifest,
    oauth2: { client_id: SECRET.manifest },
    homepage_url: `https://${SECRET.manifest}/`,
  }
  const settings = {
    location: 1,
    from_webstore: true,
    state: 1,
    path: `${SIDER}/5.1.0_0`,
    preferences: { token: SECRET.preference },
    granted_permissions: { api: [SECRET.preference] },
    manifest: { ...manifest, options_page: SECRET.preference },
  }
  home.write('.config/google-chrome/NativeMessagingHosts/org.example.host.json', {
    name: 'org.example.host',
    description: SECRET.manifest,
    path: `/opt/${SECRET.manifest}`,
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
    id: 'a@example.org',
    type: 'extension',
    version: '1',
    active: true,
    location: 'app-profile',
    defaultLocale: { name: 'A', description: SECRET.firefox, creator: SECRET.firefox },
    sourceURI: `https://user:${SECRET.firefox}@addons.mozilla.org/x`,
    syncGUID: SECRET.firefox,
    userPermissions: { permissions: ['tabs'], origins: [] },
    installTelemetryInfo: { source: 'amo', sourceURL: SECRET.firefox },
  }
  writeFirefoxProfile(home, '.mozilla/firefox', [addon, { ...addon, id: `sk-${SECRET.name}@example.org` }])
  home.write('.mozilla/firefox/abcd.default/prefs.js', `user_pref("token", "${SECRET.firefox}");\n`)
}
