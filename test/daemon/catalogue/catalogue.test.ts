import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SuretyError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import { hashOfText } from '../../../src/crypto/hash.ts'
import { splitJws, verifyJws } from '../../../src/crypto/jws.ts'
import { administratorsCatalogue, publisherKey } from '../../../src/daemon/catalogue/administrators-catalogue.ts'
import { CatalogueKeeper } from '../../../src/daemon/catalogue/catalogue-keeper.ts'
import { checkCatalogue } from '../../../src/daemon/catalogue/check-catalogue.ts'
import type { Catalogue, CatalogueEntry } from '../../../src/discovery/catalogue/catalogue.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { trustedFiles } from '../../../src/system/files/foreign/linux.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { signRaw } from '../../support/protocol/raw-jws.ts'
import { type TestKey, testKey } from '../../support/protocol/test-keys.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const DIRECTORY = testKey('orders of a directory')
const STRANGER = testKey('orders of another directory')
const PUBLISHER = testKey('publisher of catalogues')
const ROOT = hashOfText('root of a directory')
const OTHER_ROOT = hashOfText('root of another directory')

const NAME_ALONE: CatalogueEntry = { id: 'two', name: 'Two', vendor: 'V', kind: 'cli-agent', sources: ['seen'] }
const AGENT: CatalogueEntry = { ...NAME_ALONE, id: 'one', name: 'One', commands: [{ name: 'one' }] }
const catalogue = (version: number, entries: readonly CatalogueEntry[] = [AGENT]): Catalogue => ({
  schema: 'surety/catalogue@1',
  version,
  asOf: '2026-11-25',
  sources: { seen: { title: 'seen' } },
  entries: [...entries],
})
const json = (version: number) => JSON.stringify(catalogue(version))

/** The order key of a directory, as a session verifies with it. */
const keys = (key: TestKey = DIRECTORY) => ({
  verify: (_: string, compact: string) => verifyJws(splitJws('catalogue', compact), key.publicKey),
})

async function keeper(
  folder: string,
  init: { fromFile?: Catalogue; publisher?: TestKey; root?: string; shipped?: number } = {},
) {
  const warnings = new Map<string, string | undefined>()
  let replaced = 0
  const made = new CatalogueKeeper(
    {
      clock: new FakeClock(),
      log: silentLog,
      builtIn: () => catalogue(init.shipped ?? 5),
      onReplaced: () => replaced++,
    },
    { fromFile: init.fromFile, publisher: init.publisher?.publicKey },
  )
  const health = {
    raise: (code: string, detail?: string) => void warnings.set(code, detail),
    clear: (code: string) => void warnings.delete(code),
  }
  await made.open({ health }, { stateFolder: folder, root: init.root ?? ROOT })
  const offer = (text: string, version: number, root = ROOT) =>
    made.wants({ version, hash: hashOfText(text) }, { root })
  const receive = async (text: string, version: number, key: TestKey = DIRECTORY, sent = text) => {
    expect(offer(text, version)).toBe(true)
    await made.received(await signRaw('catalogue', { payload: sent }, key), { root: ROOT, keys: keys() })
  }
  return { made, warnings, offer, receive, replaced: () => replaced }
}

test('uses a newer catalogue of the directory, also after a restart', async () => {
  using folder = temporaryFolder()
  const first = await keeper(folder.path)
  await first.receive(json(6), 6)
  expect([first.made.version, first.made.current(), first.replaced()]).toEqual([6, catalogue(6), 1])
  expect(first.warnings.size).toBe(0)
  const second = await keeper(folder.path)
  expect([second.made.version, second.made.current()]).toEqual([6, catalogue(6)])
  expect(second.offer(json(6), 6)).toBe(false)
})

test('uses the catalogue of a newer program', async () => {
  using folder = temporaryFolder()
  await (await keeper(folder.path)).receive(json(6), 6)
  const { made, warnings } = await keeper(folder.path, { shipped: 7 })
  expect(made.version).toBe(7)
  expect(warnings.size).toBe(0)
})

test('drops the catalogue of an earlier directory', async () => {
  using folder = temporaryFolder()
  const first = await keeper(folder.path)
  await first.receive(json(6), 6)
  // The device enrols with another directory while the daemon runs, or before it starts.
  expect(first.made.wants(undefined, { root: OTHER_ROOT })).toBe(false)
  expect(first.made.version).toBe(5)
  expect((await keeper(folder.path, { root: OTHER_ROOT })).made.version).toBe(5)
})

const refused: [string, string, number, TestKey, string?][] = [
  ['signed by another directory', json(6), 6, STRANGER],
  ['truncated', json(6), 6, DIRECTORY, json(6).slice(0, -1)],
  ['not the offered one', json(6), 6, DIRECTORY, json(7)],
  ['of another version than was offered', json(8), 6, DIRECTORY],
  ['not JSON', 'x', 6, DIRECTORY],
  ['not canonical', `${json(6)} `, 6, DIRECTORY],
  ['with a duplicate member', json(6).replace('"version":6', '"version":6,"version":6'), 6, DIRECTORY],
  ['of another schema', json(6).replace('catalogue@1', 'catalogue@2'), 6, DIRECTORY],
  ['with an unknown member', json(6).replace('"version"', '"colour":"red","version"'), 6, DIRECTORY],
  ['with a fault', JSON.stringify(catalogue(6, [{ ...AGENT, commands: [{ name: 'node' }] }])), 6, DIRECTORY],
  [
    'with a setting that may hold a secret',
    JSON.stringify(catalogue(6, [{ ...AGENT, accounts: [{ path: '~/.x/a.json', key: ['access_token'] }] }])),
    6,
    DIRECTORY,
  ],
  ['too large', json(6).replace('"seen"}', `"${'x'.repeat(LIMITS.catalogueBytes)}"}`), 6, DIRECTORY],
]
// Jest passes a callback in place of a missing member of a row.
test.each(refused.map(([what, text, version, key, sent = text]) => [what, text, version, key, sent] as const))(
  'refuses a catalogue that is %s, warns, and does not request it again',
  async (_, text, version, key, sent) => {
    using folder = temporaryFolder()
    const { made, warnings, receive, offer, replaced } = await keeper(folder.path)
    await receive(text, version, key, sent)
    expect([made.version, made.current(), replaced()]).toEqual([5, catalogue(5), 0])
    expect([...warnings.keys()]).toEqual(['CATALOGUE_REFUSED'])
    expect(warnings.get('CATALOGUE_REFUSED')).not.toContain('xxx')
    expect(offer(text, version)).toBe(false)
    // Nothing of it is stored.
    expect((await keeper(folder.path)).made.version).toBe(5)
    // A valid catalogue clears the warning.
    await receive(json(9), 9)
    expect([made.version, warnings.size]).toEqual([9, 0])
  },
)

test.each([
  ['older', 4],
  ['equally old', 5],
])('does not request an %s version than the one in use, and warns', async (_, version) => {
  using folder = temporaryFolder()
  const { offer, warnings } = await keeper(folder.path)
  const text = JSON.stringify(catalogue(version, []))
  expect(offer(text, version)).toBe(false)
  expect(warnings.get('CATALOGUE_REFUSED')).toContain(`version ${version} is not above 5`)
})

test('does not go back to an earlier version', async () => {
  using folder = temporaryFolder()
  const { made, receive, offer } = await keeper(folder.path)
  await receive(json(6), 6)
  await receive(json(7), 7)
  expect(offer(json(6), 6)).toBe(false)
  expect(made.version).toBe(7)
})

test('ends the session for a catalogue that was not requested', async () => {
  using folder = temporaryFolder()
  const { made, receive } = await keeper(folder.path)
  const compact = await signRaw('catalogue', { payload: json(6) }, DIRECTORY)
  const received = () => made.received(compact, { root: ROOT, keys: keys() })
  await expect(received()).rejects.toMatchObject({ code: 'FRAME_UNEXPECTED' })
  await receive(json(6), 6)
  // The same catalogue is not accepted twice.
  await expect(received()).rejects.toMatchObject({ code: 'FRAME_UNEXPECTED' })
})

test('requires the signature of a pinned publisher, not that of the directory', async () => {
  using folder = temporaryFolder()
  const { made, warnings, receive } = await keeper(folder.path, { publisher: PUBLISHER })
  await receive(json(6), 6, DIRECTORY)
  expect([made.version, [...warnings.keys()]]).toEqual([5, ['CATALOGUE_REFUSED']])
  await receive(json(7), 7, PUBLISHER)
  expect([made.version, warnings.size]).toEqual([7, 0])
})

test('does not replace the catalogue of an administrator', async () => {
  using folder = temporaryFolder()
  await (await keeper(folder.path)).receive(json(9), 9)
  const { made, offer, warnings } = await keeper(folder.path, { fromFile: catalogue(2) })
  expect(offer(json(10), 10)).toBe(false)
  expect([made.version, made.current(), warnings.size]).toEqual([2, catalogue(2), 0])
})

test('keeps the earlier catalogue when the disk fails, and requests the new one again', async () => {
  using folder = temporaryFolder()
  const { made, warnings, receive, offer } = await keeper(join(folder.path, 'absent'))
  await receive(json(6), 6)
  expect([made.version, [...warnings.keys()]]).toEqual([5, ['CATALOGUE_REFUSED']])
  expect(offer(json(6), 6)).toBe(true)
})

test('sets a damaged stored catalogue aside, and warns', async () => {
  using folder = temporaryFolder()
  await (await keeper(folder.path)).receive(json(6), 6)
  const path = join(folder.path, 'catalogue.json')
  writeFileSync(path, readFileSync(path, 'utf8').replace('asOf', 'asOg'))
  const { made, warnings, receive } = await keeper(folder.path)
  expect([made.version, [...warnings.keys()]]).toEqual([5, ['STATE_DAMAGED']])
  await receive(json(6), 6)
  expect(made.version).toBe(6)
})

describe('a file of an administrator', () => {
  async function load(text: string, init: { mode?: number; publisher?: TestKey } = {}) {
    using folder = temporaryFolder()
    const path = join(folder.path, 'catalogue')
    writeFileSync(path, text)
    chmodSync(path, init.mode ?? 0o644)
    return await administratorsCatalogue({ files: trustedFiles() }, { path, publisher: init.publisher?.publicKey })
  }

  test('needs no signature when only the administrator can write to it', async () => {
    expect(await load(JSON.stringify(catalogue(1), null, 2))).toEqual(catalogue(1))
  })

  test('is accepted with the signature of the pinned publisher', async () => {
    const signed = await signRaw('catalogue', { payload: json(1) }, PUBLISHER)
    expect(await load(`${signed}\n`, { publisher: PUBLISHER, mode: 0o666 })).toEqual(catalogue(1))
  })

  test.each<[string, () => Promise<string>, { mode?: number; publisher?: TestKey }, string]>([
    ['that other users can write to', async () => json(1), { mode: 0o666 }, 'is not safe from other users'],
    ['without a signature', async () => json(1), { publisher: PUBLISHER }, 'it is not signed'],
    [
      'signed by another key',
      () => signRaw('catalogue', { payload: json(1) }, STRANGER),
      { publisher: PUBLISHER },
      'signature',
    ],
    [
      'signed as something else',
      () => signRaw('order', { payload: json(1) }, PUBLISHER),
      { publisher: PUBLISHER },
      'it is not signed',
    ],
    [
      'signed and with a fault',
      () => signRaw('catalogue', { payload: JSON.stringify(catalogue(1, [AGENT, AGENT])) }, PUBLISHER),
      { publisher: PUBLISHER },
      'id one is already in one',
    ],
    [
      'that is signed, without a pinned publisher',
      () => signRaw('catalogue', { payload: json(1) }, PUBLISHER),
      {},
      'JSON',
    ],
  ])('%s is refused', async (_, text, init, reason) => {
    const refused = expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(reason) })
    await expect(load(await text(), init)).rejects.toEqual(refused)
  })

  test('is refused with a malformed key', () => {
    expect(() => publisherKey('A'.repeat(124))).toThrow(SuretyError)
    expect(publisherKey(Buffer.from(PUBLISHER.spki).toString('base64url')).type).toBe('public')
  })
})

describe('check-catalogue', () => {
  async function check(text: string) {
    using folder = temporaryFolder()
    const path = join(folder.path, 'c')
    writeFileSync(path, text)
    const lines: string[] = []
    return { code: await checkCatalogue(path, (line) => lines.push(line)), output: lines.join('\n') }
  }

  test('reports that a valid catalogue has no faults, signed or not', async () => {
    const good = { code: 0, output: 'version 3 of 2026-11-25: 1 entries, no faults' }
    expect(await check(JSON.stringify(catalogue(3), null, 2))).toEqual(good)
    expect(await check(await signRaw('catalogue', { payload: json(3) }, STRANGER))).toEqual(good)
  })

  test('names entries that no device can detect', async () => {
    const folder = { ...NAME_ALONE, stateFolders: [{ path: '~/.two' }] }
    const { code, output } = await check(JSON.stringify(catalogue(3, [AGENT, folder])))
    expect([code, output.split('\n')]).toEqual([
      0,
      [
        'not detectable (no conclusive evidence in the catalogue): two',
        'version 3 of 2026-11-25: 2 entries, no faults',
      ],
    ])
  })

  test('prints every fault of an invalid catalogue', async () => {
    const { code, output } = await check(
      JSON.stringify(catalogue(3, [AGENT, { ...AGENT, commands: [{ name: 'sh' }] }])),
    )
    expect([code, output.split('\n').length]).toEqual([1, 3])
  })

  test.each([
    ['text that is not JSON', '{', 'not JSON'],
    ['another schema', '{"schema":"x"}', 'lacks version, asOf'],
    ['a duplicate member', json(3).replace('"version":3', '"version":3,"version":3'), 'twice'],
  ])('refuses %s', async (_, text, reason) => {
    await expect(check(text)).rejects.toMatchObject({
      code: 'INPUT_MALFORMED',
      message: expect.stringMatching(
        new RegExp(`^/.*/c is not a catalogue: .*${reason}.*; expected JSON with "schema"`),
      ),
    })
  })

  test('refuses what is no file', async () => {
    using folder = temporaryFolder()
    const check = (path: string) => codeThrown(() => checkCatalogue(path, () => undefined))
    expect([await check(join(folder.path, 'c')), await check(folder.path)]).toEqual(['FILE_ABSENT', 'FILE_NOT_REGULAR'])
  })
})
