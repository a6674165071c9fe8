import { execFileSync } from 'node:child_process'
import { truncateSync } from 'node:fs'
import { fixtureHome, writeChromiumProfile, writeFirefoxProfile } from '../support/homes/fixture-home.ts'
import { look, PROFILE, SIDER } from './read-homes.ts'

const ALL_PARSED = [
  ['installed-agents', 'parsed', '~'],
  ['model-runtimes', 'parsed', '~'],
  ['chromium-extensions', 'parsed', '~'],
  ['firefox-extensions', 'parsed', '~'],
  ['editor-extensions', 'parsed', '~'],
  ['mcp-servers', 'parsed', '~'],
  ['agent-files', 'parsed', '~'],
]

describe('a hostile home', () => {
  test('with FIFOs where files belong is read to its end', async () => {
    using home = fixtureHome()
    writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest: { name: 'Sider', version: '1' } }])
    for (const path of [
      `${PROFILE}/Network`,
      '.mozilla/firefox/p/extensions.json',
      '.npm-global/lib/node_modules/cline/package.json',
    ]) {
      home.write(`${path}.x`, '')
      execFileSync('mkfifo', [home.at(path)])
    }
    execFileSync('rm', [home.at(`${PROFILE}/Preferences`)])
    execFileSync('mkfifo', [home.at(`${PROFILE}/Preferences`)])
    const { names, states } = await look(home)
    expect(names).toEqual(['Cline CLI', 'Sider'])
    expect(states).toEqual([
      ['installed-agents', 'unreadable', '~/.npm-global/lib/node_modules/cline/package.json'],
      ['installed-agents', 'parsed', '~'],
      ['model-runtimes', 'parsed', '~'],
      ['chromium-extensions', 'unreadable', `~/${PROFILE}/Preferences`],
      ['chromium-extensions', 'parsed', `~/${PROFILE}`],
      ['chromium-extensions', 'parsed', '~'],
      ['firefox-extensions', 'unreadable', '~/.mozilla/firefox/p'],
      ['firefox-extensions', 'parsed', '~'],
      ['editor-extensions', 'parsed', '~'],
      ['mcp-servers', 'parsed', '~'],
      ['agent-files', 'parsed', '~'],
    ])
  })

  test('with loops of links is read to its end', async () => {
    using home = fixtureHome()
    home.link('.config/chromium/Default', '..')
    home.link('.config/chromium/loop', 'loop')
    home.link('.mozilla/firefox', home.at('.mozilla'))
    home.link('.nvm', '.nvm')
    const { sightings, states } = await look(home)
    expect(sightings).toEqual([])
    expect(states).toContainEqual(['firefox-extensions', 'unreadable', '~/.mozilla/firefox'])
  })

  test('with preferences of 200 MB says too-large and enumerates the folders', async () => {
    using home = fixtureHome()
    writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest: { name: 'Sider', version: '1' } }])
    truncateSync(home.at(`${PROFILE}/Preferences`), 200 * 1024 * 1024)
    const { names, states } = await look(home)
    expect(names).toEqual(['Sider'])
    expect(states).toContainEqual(['chromium-extensions', 'too-large', `~/${PROFILE}/Preferences`])
  })

  test("with ten thousand extensions, reports a limited number, the catalogue's first", async () => {
    using home = fixtureHome()
    const letters = (n: number) =>
      n
        .toString(16)
        .padStart(8, '0')
        .replace(/./g, (digit) => 'abcdefghijklmnop'.charAt(Number.parseInt(digit, 16)))
    const settings = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, n) => [
        letters(n).padStart(32, 'a'),
        { location: 1, manifest: { name: `n${n}`, version: '1' } },
      ]),
    )
    writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest: { name: 'Sider', version: '1' } }])
    home.write(`${PROFILE}/Secure Preferences`, { extensions: { settings } })
    const { names, states } = await look(home)
    expect([names.length, names[0]]).toEqual([1_000, 'Sider'])
    expect(states).toContainEqual(['chromium-extensions', 'too-large', `~/${PROFILE}/Extensions`])
  })

  test('with extensions that ask for megabytes of rights, reports what fits', async () => {
    using home = fixtureHome()
    const host_permissions = Array.from({ length: 128 }, (_, n) => `https://${'x'.repeat(480)}${n}/*`)
    const manifest = { name: 'big', version: '1', host_permissions }
    const ids = Array.from(
      { length: 100 },
      (_, n) => `${'a'.repeat(30)}${'abcdefghij'.charAt(n / 10)}${'abcdefghij'.charAt(n % 10)}`,
    )
    writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest }])
    const settings = Object.fromEntries(ids.map((id) => [id, { location: 1, manifest }]))
    home.write(`${PROFILE}/Secure Preferences`, { extensions: { settings } })
    const { sightings, states } = await look(home)
    expect([sightings.length < 101, sightings[0]?.catalogueId]).toEqual([true, 'sider'])
    expect(states).toContainEqual(['chromium-extensions', 'too-large', '~'])
  })

  test('with names made for terminals has them shown as escapes', async () => {
    using home = fixtureHome()
    const name = `a\nb\u001b[2J\u202e${'x'.repeat(5_000)}`
    writeChromiumProfile(home, '.config/chromium/Pro\nfile\u001b', [
      { id: SIDER, manifest: { name, version: '1\u0007' } },
    ])
    const { sightings } = await look(home)
    expect(sightings).toEqual([
      expect.objectContaining({
        name: expect.stringMatching(/^a\\nb\\x1b\[2J\\u\{202e\}x+$/),
        version: '1\\x07',
        profile: 'Pro\\nfile\\x1b',
      }),
    ])
  })

  test('keeps its secrets: contents of files never come back', async () => {
    using home = fixtureHome()
    const canary = 'sk-canary-4711'
    home.write('.claude/.credentials.json', { token: canary })
    home.write('.npm-global/lib/node_modules/cline/package.json', { name: 'cline', version: '1.0.0', apiKey: canary })
    const manifest = { name: 'Sider', version: '1', oauth2: { client_id: canary }, key: canary }
    writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest, settings: { location: 1, token: canary } }])
    home.write(`${PROFILE}/Preferences`, `{"account_info":[{"email":"${canary}"}],"cut":"${canary}`)
    writeFirefoxProfile(home, '.mozilla/firefox', [{ id: 'x@y', type: 'extension', syncGUID: canary }])
    home.write('.zen/p/extensions.json', `{"addons":[{"secret":"${canary}`)
    // V8 quotes the text around a bad token in its message.
    home.write('.floorp/p/extensions.json', `{"s":"${canary}"x}`)
    home.write('.librewolf/p/extensions.json', `${canary}`)
    const found = await look(home)
    expect(found.names).toEqual(['Cline CLI', 'Sider', 'x@y'])
    expect(JSON.stringify(found)).not.toContain(canary)
  })

  test('with nothing in it is one line a task', async () => {
    using home = fixtureHome()
    expect((await look(home)).states).toEqual(ALL_PARSED)
  })
})
