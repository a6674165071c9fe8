import type { ExtensionSighting } from '../../../src/protocol/sighting.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

const PROFILE = '.config/google-chrome/Default'
const OTHER = 'abcdefghijklmnopabcdefghijklmnop'

async function look(home: FixtureHome) {
  const { sightings, sources } = await scanHome(home, 'chromium')
  const extensions = sightings.filter((each): each is ExtensionSighting => each.kind === 'extension')
  return { extensions, states: sources.map(({ state }) => state) }
}

/** Real Chromium 140 and later run it without a word. */
test('comments in a manifest, its messages and a messaging host hide nothing', async () => {
  using home = fixtureHome()
  const folder = home.at('mine')
  home.write(
    'mine/manifest.json',
    `\ufeff// mine\r\n{ "manifest_version": 3, /* a "name" */ "name": "__MSG_n__", "default_locale": "en", // x
      "version": "1.0", "description": "see https://x.example/ /* no comment */ \\" // nor this",
      "permissions": ["nativeMessaging"], "host_permissions": ["https://*/*" /* all */] } // end`,
  )
  home.write('mine/_locales/en/messages.json', '{ // name\n "n": { "message": "Mine // really" } }')
  const host = { name: 'com.example.mine', allowed_origins: [`chrome-extension://${OTHER}/`] }
  home.write('.config/google-chrome/NativeMessagingHosts/com.example.mine.json', `/* */${JSON.stringify(host)}`)
  home.write(`${PROFILE}/Preferences`, {
    extensions: { settings: { [OTHER]: { location: 4, path: folder, state: 1 } } },
  })
  const { extensions, states } = await look(home)
  expect(extensions).toMatchObject([
    {
      name: 'Mine // really',
      version: '1.0',
      broadHosts: true,
      nativeMessagingHosts: ['com.example.mine'],
      path: folder,
    },
  ])
  expect(states).toEqual(['parsed', 'parsed'])
})

test.each([
  ['a comment that never ends', '{ "name": "x" } /* '],
  ['many that begin', '/*'.repeat(200_000)],
  ['a text that never ends', `// x\n"${'\\"'.repeat(200_000)}`],
  ['no JSON', '// x\n{ name: 1 }'],
])('reports a manifest with %s as faulty unless it is whole', async (_, text) => {
  using home = fixtureHome()
  home.write('mine/manifest.json', text)
  home.write(`${PROFILE}/Preferences`, {
    extensions: { settings: { [OTHER]: { location: 4, path: home.at('mine'), state: 1 } } },
  })
  const { extensions, states } = await look(home)
  const isWhole = text.startsWith('{')
  expect(extensions.map(({ name }) => name)).toEqual([isWhole ? 'x' : OTHER])
  expect(states.includes('malformed')).toBe(!isWhole)
})
