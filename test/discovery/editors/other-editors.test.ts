import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { zipSync } from 'fflate'
import { readPluginDescriptor } from '../../../src/discovery/editors/plugin-descriptor.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { lookForEditors } from './look.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
const jarOf = (xml: string, more: Record<string, Uint8Array> = {}) =>
  zipSync({ ...more, 'META-INF/plugin.xml': utf8(xml), 'com/x/A.class': new Uint8Array(2_000) })
const COPILOT_XML = `<idea-plugin url="https://x">
  <!-- <id>decoy</id> -->
  <id>com.github.copilot</id>
  <name>GitHub Copilot</name><version>1.5.60-243</version>
  <vendor email="x@y" url="z">GitHub &amp; Co</vendor>
  <extensions><name>nested</name></extensions>
</idea-plugin>`

function writeJar(home: FixtureHome, path: string, jar: Uint8Array): void {
  home.folder(path.slice(0, path.lastIndexOf('/')))
  writeFileSync(home.at(path), jar)
}

const IDEA = '.local/share/JetBrains/IntelliJIdea2026.2'

test('reports a JetBrains plugin by the descriptor in its archive', async () => {
  using home = fixtureHome()
  home.write('.config/JetBrains/IntelliJIdea2026.2/disabled_plugins.txt', 'com.example.other\n')
  writeJar(home, `${IDEA}/github-copilot-intellij/lib/annotations.jar`, zipSync({ a: utf8('x') }))
  writeJar(home, `${IDEA}/github-copilot-intellij/lib/github-copilot-intellij-1.jar`, jarOf(COPILOT_XML))
  writeJar(home, `${IDEA}/other.jar`, jarOf('<idea-plugin><id>com.example.other</id></idea-plugin>'))
  const { extensions, states } = await lookForEditors(home)
  const told = extensions.map(({ extensionId, name, vendor, version, enabled, ai, product, host }) => ({
    extensionId,
    name,
    vendor,
    version,
    enabled,
    ai,
    product,
    host,
  }))
  const common = { product: 'IntelliJIdea2026.2', host: 'jetbrains' }
  expect(told).toEqual([
    {
      ...common,
      extensionId: 'com.github.copilot',
      name: 'GitHub Copilot',
      vendor: 'GitHub',
      version: '1.5.60-243',
      enabled: true,
      ai: true,
    },
    {
      ...common,
      extensionId: 'com.example.other',
      name: 'com.example.other',
      vendor: undefined,
      version: undefined,
      enabled: false,
      ai: false,
    },
  ])
  expect(states).toEqual([
    ['parsed', `~/${IDEA}`, 2],
    ['parsed', '~', 2],
  ])
})

test('reports plugins without a descriptor or archive as faults, and finds the others', async () => {
  using home = fixtureHome()
  home.write('.config/JetBrains/IntelliJIdea2026.2/options/x.xml', '')
  writeJar(home, `${IDEA}/empty/lib/empty.jar`, zipSync({ a: utf8('x') }))
  writeJar(home, `${IDEA}/rubbish/lib/rubbish.jar`, utf8('PK\u0003\u0004 rubbish'))
  writeJar(home, `${IDEA}/good/lib/good.jar`, jarOf(COPILOT_XML))
  const { extensions, states } = await lookForEditors(home)
  expect(extensions.map(({ extensionId }) => extensionId)).toEqual(['com.github.copilot'])
  expect(states.filter(([state]) => state !== 'parsed')).toEqual([
    ['malformed', `~/${IDEA}/empty`, 0],
    ['malformed', `~/${IDEA}/rubbish`, 0],
  ])
})

test("what lies beside an IDE's data and is none is left alone", async () => {
  using home = fixtureHome()
  writeJar(home, '.local/share/JetBrains/Toolbox/x/lib/x.jar', jarOf(COPILOT_XML))
  writeJar(home, '.local/share/Google/Chrome/x/lib/x.jar', jarOf(COPILOT_XML))
  expect((await lookForEditors(home)).extensions).toEqual([])
})

test.each<[string, string, unknown]>([
  ['without an id', '<idea-plugin><name>Only a name</name></idea-plugin>', 'Only a name'],
  ['in CDATA', '<idea-plugin><id><![CDATA[com.x]]></id></idea-plugin>', 'com.x'],
  ['behind a comment without an end', '<!-- <id>a</id>', undefined],
  ['of nothing', '', undefined],
  ['with an element that never ends', '<id>com.x', undefined],
  ['with an id of markup', '<id><b>x</b></id>', undefined],
  ['with an id of a megabyte', `<id>${'x'.repeat(500_000)}</id>`, undefined],
  ['larger than anybody writes', `<id>com.x</id>${' '.repeat(1024 * 1024)}`, undefined],
  ['with escapes', '<id>a\u001b[31m</id>', 'a\\x1b[31m'],
])('a descriptor %s', (_name, xml, id) => {
  expect(readPluginDescriptor(jarOf(xml))?.id).toEqual(id)
})

test('unpacks no more of an archive than the size that its index claims', () => {
  const jar = zipSync({ 'META-INF/plugin.xml': utf8(`<id>com.x</id>${' '.repeat(4 * 1024 * 1024)}`) })
  const view = new DataView(jar.buffer, jar.byteOffset, jar.byteLength)
  // The index (signature 0x02014b50) tells the size 24 bytes in.
  for (let at = 0; at + 28 < jar.length; at++) {
    if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, 100, true)
  }
  expect([undefined, 'com.x']).toContain(readPluginDescriptor(jar)?.id)
})

test('any bytes, and any damage to an archive, are read without a throw', () => {
  const jar = jarOf(COPILOT_XML)
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(jar.length - 1), fc.nat(255)), { maxLength: 8 }),
      fc.nat(jar.length),
      (edits, cut) => {
        const damaged = Uint8Array.from(jar)
        for (const [at, byte] of edits) damaged[at] = byte
        readPluginDescriptor(damaged.subarray(0, cut))
        readPluginDescriptor(damaged)
      },
    ),
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => void readPluginDescriptor(bytes)))
})

test('reports extensions of Zed from their manifests, with why they are AI', async () => {
  using home = fixtureHome()
  const folder = '.local/share/zed/extensions/installed'
  home.write(`${folder}/html/extension.toml`, 'id = "html"\nname = "HTML"\nversion = "0.1.4"\nschema_version = 1\n')
  home.write(`${folder}/mcp-x/extension.toml`, 'id = "mcp-x"\nname = "X"\nversion = "1.0.0"\n[context_servers.x]\n')
  home.write(`${folder}/broken/extension.toml`, 'id = ')
  const { extensions, states } = await lookForEditors(home)
  expect(extensions.map(({ name, version, ai, evidence, product }) => [name, version, ai, evidence, product])).toEqual([
    ['HTML', '0.1.4', false, [], 'zed'],
    ['X', '1.0.0', true, ['its manifest has context_servers'], 'zed'],
  ])
  expect(states).toEqual([
    ['malformed', `~/${folder}/broken/extension.toml`, 0],
    ['parsed', `~/${folder}`, 2],
    ['parsed', '~', 2],
  ])
})

test('reports plugins of Vim and Neovim in the catalogue, from every manager', async () => {
  using home = fixtureHome()
  for (const folder of [
    '.local/share/nvim/lazy/avante.nvim',
    '.local/share/nvim/lazy/telescope.nvim',
    '.local/share/nvim/site/pack/packer/start/codecompanion.nvim',
    '.config/nvim/pack/github/opt/copilot.lua',
    '.vim/plugged/copilot.vim',
    '.vim/pack/x/start/copilot.vim',
  ]) {
    home.folder(folder)
  }
  const { extensions } = await lookForEditors(home)
  expect(extensions.map(({ product, extensionId, enabled, ai }) => [product, extensionId, enabled, ai])).toEqual([
    ['neovim', 'avante.nvim', true, true],
    ['neovim', 'codecompanion.nvim', true, true],
    ['neovim', 'copilot.lua', 'unknown', true],
    ['vim', 'copilot.vim', true, true],
    ['vim', 'copilot.vim', true, true],
  ])
})
