import { strToU8, zipSync } from 'fflate'
import { readPluginDescriptor } from '../../../../src/discovery/editors/plugin-descriptor.ts'
import { readExtensionManifest } from '../../../../src/discovery/editors/vscode-manifest.ts'
import { parseConfig } from '../../../../src/discovery/formats/config-text.ts'
import { readLaunch } from '../../../../src/discovery/launch/launch.ts'
import { packageLaunch } from '../../../../src/discovery/launch/package-launch.ts'
import { programOf } from '../../../../src/discovery/matching/script-argument.ts'
import { serverEntries } from '../../../../src/discovery/mcp/server-entries.ts'
import { holdsSecretArgument } from '../../../../src/discovery/redaction/secret-shape.ts'
import { unsealJson } from '../../../../src/system/files/own/sealed-json.ts'
import { promise, refusing, refusingLater, type Target, textOf } from '../../target.ts'

/** What editors and clients of MCP keep in homes, the arguments of programs, and our own sealed files. */

const INPUT = ['INPUT_MALFORMED', 'INPUT_TOO_LARGE', 'INPUT_TOO_DEEP'] as const
const KEY = '00'.repeat(32)
const canMoveACursor = (text: string | undefined) => /\p{Cc}/u.test(text ?? '')

const json = JSON.stringify({
  mcpServers: {
    files: { command: 'npx', args: ['-y', '@scope/server@1.2.3', '--token', 'x'], env: { API_KEY: 'secret' } },
    web: { url: 'https://user:pass@host:1/path?key=1', headers: { Authorization: 'Bearer x' } },
  },
})
const toml = '[mcpServers.files]\ncommand = "uvx"\nargs = ["server==1.0"]\n[mcpServers.files.env]\nA = "b"\n'
const yaml = 'mcpServers:\n  files: &a\n    command: docker\n    args: [run, -i, "image:tag"]\n  other: *a\n'

const mcpConfig = (name: string, path: string, seeds: readonly string[]): Target => ({
  name,
  kind: 'text',
  seeds: () => seeds,
  async run(input) {
    const document = await refusingLater(INPUT, () => parseConfig(path, textOf(input)))
    if (document === undefined) return
    for (const key of [['mcpServers'], ['*', 'mcpServers']]) {
      for (const { entry } of serverEntries(document, key)) {
        const launch = readLaunch(entry, KEY)
        promise(!launch.environment.some(canMoveACursor), 'no name that is told can move a cursor')
        promise(JSON.stringify(launch).length < 200_000, 'a launch is bounded')
      }
    }
  },
})

const descriptor = '<idea-plugin><!-- x --><id>a.b</id><name><![CDATA[N]]></name><version>1</version></idea-plugin>'
const jar = (xml: string) => zipSync({ 'META-INF/plugin.xml': strToU8(xml) })

const pluginJar: Target = {
  name: 'plugin-jar',
  kind: 'bytes',
  seeds: () => [
    jar(descriptor),
    zipSync({ a: strToU8('b'), 'META-INF/plugin.xml': [strToU8(descriptor), { level: 0 }] }),
  ],
  run(input) {
    const told = readPluginDescriptor(input)
    promise(!canMoveACursor(JSON.stringify(told) ?? ''), 'no name that is told can move a cursor')
  },
}

const pluginXml: Target = {
  name: 'plugin-xml',
  kind: 'text',
  seeds: () => [descriptor],
  words: ['<!--', '-->', '<![CDATA[', ']]>', '&amp;', '&#x0;', '<id ', '</id>'],
  run(input) {
    const told = readPluginDescriptor(jar(textOf(input)))
    promise((told?.name.length ?? 0) <= 256, 'a name is bounded')
  },
}

const vscode: Target = {
  name: 'vscode-manifest',
  kind: 'json',
  seeds: () => [
    JSON.stringify({
      name: 'x',
      displayName: '%n%',
      version: '1',
      contributes: { chatParticipants: [{}] },
      n: { message: 'y' },
    }),
    JSON.stringify({ displayName: '%n%', n: 'z', enabledApiProposals: ['a'], contributes: { languageModels: {} } }),
  ],
  async run(input) {
    const files = { readText: async () => textOf(input) }
    const told = await refusingLater(INPUT, () => readExtensionManifest(files, '/x'))
    promise((told?.name?.length ?? 0) <= 256 && (told?.version?.length ?? 0) <= 64, 'what is told is bounded')
  },
}

const launchArguments: Target = {
  name: 'arguments',
  kind: 'text',
  seeds: () => [
    'npx\0-y\0@a/b@1.0.0\0--api-key=x',
    'python3\0-m\0pip\0run',
    'docker\0run\0--rm\0-e\0A=b\0host:1/image@sha256:00',
    'node\0--import\0x\0/a.js',
  ],
  words: ['--', '-c', '-m', 'uvx', 'bunx', 'pnpm', 'dlx', 'deno', 'npm:', 'jsr:', 'git+https://', '@latest'],
  run(input) {
    const [program = '', ...args] = textOf(input).split('\0')
    packageLaunch(program, args)
    holdsSecretArgument(args)
    programOf(program, [program, ...args])
  },
}

const sealed: Target = {
  name: 'sealed-json',
  kind: 'json',
  seeds: () => ['{"a":1,"digest":"x"}', '{"digest":null}', '[1]'],
  run: async (input) =>
    void (await refusing(INPUT, async () => unsealJson(textOf(input), { maxBytes: 64 * 1024, maxDepth: 12 }))),
}

export const editorTargets: readonly Target[] = [
  mcpConfig('mcp-json', '/x/a.json', [json, '// c\n{mcpServers: {a: {command: "x",},},}']),
  mcpConfig('mcp-toml', '/x/a.toml', [toml]),
  mcpConfig('mcp-yaml', '/x/a.yaml', [yaml]),
  ...[pluginJar, pluginXml, vscode, launchArguments],
]
export const sealedTargets: readonly Target[] = [sealed]
