import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { parseEnrolmentString } from '../../../src/protocol/messages/enrolment-string.ts'
import type { Gap } from '../../../src/protocol/messages/evidence.ts'
import { apiAnswer } from '../../../src/protocol/noun/answers.ts'
import { publicJwkSchema } from '../../../src/protocol/nouns/devices/evidence.ts'
import { createdTokenReader } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { serveForAll } from '../../support/directory/directory-process.ts'
import { hashOf, nextAck, ScriptedDevice, type Wire, ZEROS } from '../../support/directory/scripted-device.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { type Archive, archive, fetching } from './documented-archive.ts'

/** The documented way to archive evidence and to verify it offline, with evidence that a directory has taken. */

const jwkReader = apiAnswer(publicJwkSchema, 'key')
const directory = serveForAll()

/** Batches by the name of their file. */
type Batches = Readonly<Record<string, string>>
interface Known {
  readonly device: ScriptedDevice
  readonly key: object
  readonly batches: Batches
}
let whole: Known
let gappy: Known

beforeAll(async () => {
  whole = await known(async (device, wire) => {
    for (let i = 0; i < 12; i++) await accepted(wire, await device.batch())
    return device.batches
  })
  gappy = await known(async (device, wire) => {
    const taken: string[] = []
    const take = async (batch: string) => {
      taken.push(batch)
      await accepted(wire, batch)
    }
    for (let i = 0; i < 3; i++) await take(await device.batch())
    const first = await dropped(device, 2)
    const waiting = [await device.batch(), await device.batch()]
    // The directory takes a gap record first, and then what lies between.
    for (const batch of [await device.batch({ gap: first }), ...waiting]) await take(batch)
    await take(await device.batch())
    return taken
  })
})

async function known(
  tell: (device: ScriptedDevice, wire: Wire) => Promise<readonly string[]>,
): Promise<Known & { readonly device: ScriptedDevice }> {
  const profile = profileOf(directory.path)
  const api = apiClient(profile)
  const request = { owner: 'ada@example.org', minimumTier: 'software' }
  const { enrolment } = await api.ask('POST', '/tokens', createdTokenReader, request)
  const pins = { ca: parseEnrolmentString(enrolment).ca }
  const url = `wss://localhost:${new URL(directory.server.devices).port}`
  const device = new ScriptedDevice({ url, ca: profile.ca, pins })
  const { wire } = await device.enrol(enrolment)
  const batches = await tell(device, wire)
  wire.close()
  const key = await api.ask('GET', `/devices/${device.id}/key?epoch=1`, jwkReader)
  return { device, key, batches: Object.fromEntries(batches.map((jws) => [`${sequenceOf(jws)}.jws`, jws])) }
}

async function accepted(wire: Wire, batch: string): Promise<void> {
  wire.send(batch)
  await nextAck(wire)
}

/** Signs `count` batches that go nowhere. @returns what a gap record says of them. */
async function dropped(device: ScriptedDevice, count: number): Promise<Gap> {
  const [firstSequence, before] = [device.sequence + 1, device.head]
  for (let i = 0; i < count; i++) await device.batch()
  return { firstSequence, lastSequence: device.sequence, before, last: device.head }
}

function sequenceOf(jws: string): number {
  const [, payload = ''] = jws.split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString()).sequence
}

const archiveOf = ({ key }: Known, batches: Batches): Archive => archive(key, batches)
const namesOf = (batches: Batches) => Object.keys(batches)
const without = (batches: Batches, name: string): Batches =>
  Object.fromEntries(Object.entries(batches).filter(([one]) => one !== name))

test('twelve batches are unbroken, with their files in any order', () => {
  using kept = archiveOf(whole, whole.batches)
  const said = { status: 0, stdout: '12 batches, 1 to 12, unbroken\n', stderr: '' }
  for (const files of [namesOf(whole.batches), namesOf(whole.batches).sort(), namesOf(whole.batches).reverse()]) {
    expect(kept.verify(...files)).toEqual(said)
  }
  expect(kept.verify('.')).toEqual(said)
})

test('continues behind a signed gap, and reports it', () => {
  using kept = archiveOf(gappy, gappy.batches)
  expect(kept.verify(...namesOf(gappy.batches))).toEqual({
    status: 0,
    stdout:
      '4 to 5 were dropped by a full spool, as signed in 8.jws\n7 batches, 1 to 9, unbroken but for signed gaps\n',
    stderr: '',
  })
})

/** Another chain of the same device, from its first batch on. */
function anew({ device }: Known): ScriptedDevice {
  return Object.assign(device.clone(), { sequence: 0, head: ZEROS })
}

test('a gap that begins where another ends, with the record of that one in it', async () => {
  const device = anew(whole)
  const first = await device.batch()
  const gap = await dropped(device, 2)
  const { head } = device
  await device.batch()
  const record = await device.batch({ gap })
  await device.batch()
  const next: Gap = { firstSequence: 4, lastSequence: 6, before: head, last: device.head }
  const batches = { '1.jws': first, '5.jws': record, '7.jws': await device.batch({ gap: next }) }
  using kept = archiveOf(whole, batches)
  expect(kept.verify(...namesOf(batches))).toEqual({
    status: 0,
    stdout: [
      '2 to 3 were dropped by a full spool, as signed in 5.jws',
      '4 to 6 were dropped by a full spool, as signed in 7.jws',
      '2 batches, 1 to 7, unbroken but for signed gaps\n',
    ].join('\n'),
    stderr: '',
  })
})

test('a gap whose first batch was archived before the directory lost it', async () => {
  const device = anew(whole)
  const first = await device.batch()
  const before = device.head
  const second = await device.batch()
  await device.batch()
  const gap: Gap = { firstSequence: 2, lastSequence: 3, before, last: device.head }
  const batches = { '1.jws': first, '2.jws': second, '4.jws': await device.batch({ gap }) }
  using kept = archiveOf(whole, batches)
  expect(kept.verify(...namesOf(batches))).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(
      /^3 to 3 were dropped .* in 4\.jws\n3 batches, 1 to 4, unbroken but for signed gaps\n$/,
    ),
  })
})

test('without files it says how it is used, and fails', () => {
  using kept = archiveOf(whole, {})
  expect(kept.verify()).toEqual({ status: 1, stdout: '', stderr: 'Usage: node verify.mjs FOLDER, or BATCH.jws ...\n' })
})

/** Each byte changed in turn: its lowest bit, its highest bit, and to the next character of base64url. */
function changedBytes(jws: string): readonly Uint8Array[] {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const bytes = Buffer.from(jws, 'latin1')
  return [...bytes].flatMap((byte, at) => {
    const next = alphabet.charCodeAt((alphabet.indexOf(String.fromCharCode(byte)) + 1) % alphabet.length)
    return [byte ^ 1, byte ^ 0x80, next].map((other) => Buffer.from(bytes).fill(other, at, at + 1))
  })
}

test.each<[string, () => Known, string, readonly string[]]>([
  ['the only batch', () => whole, '1.jws', ['1.jws']],
  ['the last batch', () => whole, '3.jws', ['1.jws', '2.jws', '3.jws']],
  ['a batch with others behind it', () => whole, '1.jws', ['1.jws', '2.jws']],
  ['a gap record', () => gappy, '8.jws', ['1.jws', '2.jws', '3.jws', '6.jws', '7.jws', '8.jws']],
])(
  'each changed byte of %s is refused',
  (_, of, file, files) => {
    const { batches } = of()
    const jws = batches[file] ?? ''
    using kept = archiveOf(of(), batches)
    // The test would see it if one passed.
    expect(kept.verifyEach(files, file, [Buffer.from(jws)])).toEqual([0])
    expect(kept.verifyEach(files, file, changedBytes(jws))).toEqual([])
  },
  600_000,
)

test('refuses bytes before, behind or in the middle of a batch, and a part of one', () => {
  const jws = whole.batches['1.jws'] ?? ''
  const parts = jws.split('.')
  const more = ['\n', '\r\n', ' ', '\0', '=', '==', 'A', '.', '.A', '\u00a0', '\ufeff', jws, `\n${jws}`]
  const contents = [
    ...more.flatMap((extra) => [jws + extra, extra + jws, parts.join(`${extra}.`), parts.join(`.${extra}`)]),
    ...['', jws.slice(0, -1), parts.slice(0, 2).join('.'), `${parts[0]}..${parts[2]}`],
  ]
  using kept = archiveOf(whole, whole.batches)
  expect(
    kept.verifyEach(
      ['1.jws'],
      '1.jws',
      contents.map((content) => Buffer.from(content)),
    ),
  ).toEqual([])
})

test.each<[string, () => Promise<readonly [Known, Batches]> | readonly [Known, Batches], RegExp]>([
  ['the first batch is missing', () => [whole, without(whole.batches, '1.jws')], /^batch 1 is missing\n$/],
  ['one in the middle is missing', () => [whole, without(whole.batches, '10.jws')], /^batch 10 is missing\n$/],
  ['the record of a gap is missing', () => [gappy, without(gappy.batches, '8.jws')], /^batch 4 is missing\n$/],
  ['the batch behind a gap is missing', () => [gappy, without(gappy.batches, '6.jws')], /^batch 6 is missing\n$/],
  [
    'a batch is there twice',
    () => [whole, { ...whole.batches, 'copy.jws': whole.batches['5.jws'] ?? '' }],
    /jws does not follow the batch before it\n$/,
  ],
  [
    'a batch was signed for another chain',
    async () => [whole, { ...whole.batches, '13.jws': await signedBy(whole, { sequence: 13, previous: ZEROS }) }],
    /^13\.jws does not follow the batch before it\n$/,
  ],
  [
    'a gap begins behind another batch',
    async () => {
      const gap: Gap = { firstSequence: 13, lastSequence: 14, before: ZEROS, last: ZEROS }
      return [whole, { ...whole.batches, '15.jws': await signedBy(whole, { sequence: 15, previous: ZEROS, gap }) }]
    },
    /^batch 13 is missing\n$/,
  ],
  [
    'a gap ends before it begins',
    async () => {
      const head = hashOf(whole.batches['12.jws'] ?? '')
      const gap: Gap = { firstSequence: 13, lastSequence: 12, before: head, last: head }
      return [whole, { ...whole.batches, '15.jws': await signedBy(whole, { sequence: 15, previous: head, gap }) }]
    },
    /^batch 13 is missing\n$/,
  ],
  [
    'a batch is of another device',
    () => [whole, { '1.jws': gappy.batches['1.jws'] ?? '' }],
    /^1\.jws: signature verification failed\n$/,
  ],
  [
    'a batch is another message of the device',
    async () => {
      const payload = { sub: whole.device.id, sequence: 1, previous: ZEROS }
      return [whole, { '1.jws': await whole.device.sign('attestation', payload) }]
    },
    /^1\.jws is no evidence\n$/,
  ],
])('an archive is refused where %s', async (_, prepare, words) => {
  const [of, batches] = await prepare()
  using kept = archiveOf(of, batches)
  const { status, stdout, stderr } = kept.verify(...namesOf(batches))
  expect({ status, stderr, unbroken: stdout.includes('unbroken') }).toEqual({
    status: 1,
    stderr: expect.stringMatching(words),
    unbroken: false,
  })
})

function signedBy({ device }: Known, payload: object): Promise<string> {
  return device.sign('evidence', { sub: device.id, epoch: 1, ...payload })
}

const MISSING = ['/usr/bin/curl', '/usr/bin/jq'].filter((path) => !existsSync(path))
if (MISSING.length > 0) process.stdout.write(`archive: no ${MISSING.join(', ')}: the documented fetching is skipped\n`)
const withCommands = MISSING.length === 0 ? test : test.skip

withCommands('the documented commands fetch the key and every batch by page, as signed', () => {
  using folder = temporaryFolder()
  const commands = fetching(join(directory.path, 'administrator.json'), whole.device.id ?? '')
  const { status, stderr } = spawnSync('/bin/sh', ['-ec', commands], {
    cwd: folder.path,
    encoding: 'utf8',
    env: { PATH: `${join(process.execPath, '..')}:/usr/bin:/bin` },
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const read = (name: string) => readFileSync(join(folder.path, name), 'utf8')
  const fetched = readdirSync(folder.path).filter((name) => name.endsWith('.jws'))
  expect(Object.fromEntries(fetched.map((name) => [name, read(name)]))).toEqual(whole.batches)
  expect(JSON.parse(read('key.json'))).toEqual(whole.key)
})
