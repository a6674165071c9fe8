import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { unzipSync } from 'fflate'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import type { AdministratorProfile } from '../../../src/protocol/noun/answers.ts'
import { formatNoteKey } from '../../../src/tlog/note-keys.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { runCommand } from '../../support/directory/run-commands.ts'

/** `audit report` of a directory with real HTTP and SQLite. Its verifier runs as a program of its own, as an auditor runs it. */

let directory: TestDirectory
directoryForAll(async (started) => {
  directory = started
  await directory.ask('POST', '/api/v1/humans', { body: { userName: 'ada.byron', displayName: 'Ada Byron-King' } })
  const agent = {
    name: 'nightly',
    purpose: 'builds',
    owner: 'ada.byron',
    state: 'active',
    criteria: { products: ['claude-code'] },
  }
  expect((await directory.ask('POST', '/api/v1/registrations', { body: agent })).status).toBe(201)
  const stop = { kind: 'freeze', selector: { product: 'claude-code' }, reason: 'it deletes files' }
  const { json } = await directory.ask('POST', '/api/v1/stops', { body: stop })
  await directory.clock.advance(60_000)
  const { id } = (json as { stop: { id: string } }).stop
  await directory.ask('POST', `/api/v1/stops/${id}/release`, { body: { reason: 'repaired' } })
  await directory.clock.advance(1_000)
  while (await directory.sequence());
})

let reports = 0
async function reported(...args: readonly string[]) {
  const file = join(directory.folder, `report-${reports++}.zip`)
  const answer = await runCommand(directory, ['audit', 'report', '--out', file, '--json', ...args])
  return { ...answer, file }
}

/** Unpacks a report of everything. */
async function unpacked(...args: readonly string[]) {
  const { file, exitCode, err } = await reported('--since', '1d', ...args)
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  const folder = `${file}.d`
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(file)))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), bytes)
  }
  const at = (name: string) => join(folder, name)
  const read = (name: string) => readFileSync(at(name), 'utf8')
  return {
    at,
    read,
    names: Object.keys(unzipSync(readFileSync(file))),
    lines: (name: string) => read(name).split('\n').slice(0, -1),
    json: (name: string) => JSON.parse(read(name)),
  }
}

const ownKey = () => formatNoteKey(directory.logKey.key)

function verify(program: string, ...args: readonly string[]) {
  const { status, stdout } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env: {} })
  return { status, stdout }
}

test('a report has owners, stops and policies, and verifies with its own program', async () => {
  const { at, lines, json } = await unpacked()
  const ok = verify(at('verify.mjs'), '--key', ownKey())
  expect(ok.stdout).toMatch(/^VERIFIED: /)
  expect(ok.status).toBe(0)
  expect(verify(at('verify.mjs')).stdout).toContain('compare it with one')
  const registration = JSON.parse(lines('registrations.jsonl')[0] ?? '')
  expect(registration).toMatchObject({ name: 'nightly', purpose: 'builds', ownerName: 'Ada Byron-King' })
  expect(registration.owners).toMatchObject([{ owner: registration.owner }])
  const stop = JSON.parse(lines('stops.jsonl')[0] ?? '')
  expect(stop).toMatchObject({ reason: 'it deletes files', state: 'released', durationSeconds: 60 })
  expect(stop.release).toMatchObject({ reason: 'repaired' })
  expect(json('policies.json').map(({ kind }: { kind: string }) => kind)).toEqual([
    'policy',
    'rules',
    'access',
    'gate-policy',
  ])
  expect(json('manifest.json').counts).toMatchObject({ registrations: 1, stops: 1, policies: 4 })
})

test('a pseudonymised report has ids in place of names, and verifies', async () => {
  const open = await unpacked()
  const report = await unpacked('--pseudonymised')
  expect(verify(report.at('verify.mjs'), '--key', ownKey()).stdout).toMatch(/^VERIFIED: /)
  const by = open.lines('events.jsonl').flatMap((line) => JSON.parse(line).actor.user.name ?? [])
  expect(by.length).toBeGreaterThan(0)
  const personal = ['ada.byron', 'Ada Byron-King', `"name":"${by[0]}"`, '127.0.0.1']
  const textOf = ({ names, read }: typeof open) => names.map(read).join('')
  expect(personal.filter((name) => !textOf(open).includes(name))).toEqual([])
  expect(personal.filter((name) => textOf(report).includes(name))).toEqual([])
  const registration = JSON.parse(report.lines('registrations.jsonl')[0] ?? '')
  expect(registration.owners).toMatchObject([{ owner: expect.stringMatching(/^hum_/) }])
  expect(registration).not.toHaveProperty('ownerName')
  expect(JSON.parse(report.lines('stops.jsonl')[0] ?? '')).toMatchObject({ reason: 'it deletes files' })
  expect(report.json('manifest.json').pseudonymised).toBe(true)
  expect(report.read('README.md')).toContain('in place of the names')
})

/** Changes a file, and the manifest with it as somebody does who knows how the report is made. */
async function forged(name: string, change: (text: string) => string, { hidden }: { readonly hidden: boolean }) {
  const { at, read, json } = await unpacked()
  const text = change(read(name))
  expect(text).not.toBe(read(name))
  writeFileSync(at(name), text)
  const manifest = json('manifest.json')
  const file = manifest.files.find((one: { name: string }) => one.name === name)
  Object.assign(file, { bytes: Buffer.byteLength(text), sha256: hash('sha256', text) })
  if (hidden) writeFileSync(at('manifest.json'), JSON.stringify(manifest))
  return verify(at('verify.mjs'), '--key', ownKey())
}

const EVENTS = 'events.jsonl'
const ENTRIES = 'proofs/entries.record'
const edited = (text: string) => text.replace('it deletes files', 'it was a test')
const withoutLine = (text: string) => text.split('\n').toSpliced(2, 1).join('\n')
const swapped = (text: string) => {
  const [first = '', second = '', third = '', ...more] = text.split('\n')
  return [first, third, second, ...more].join('\n')
}

test.each([
  ['an event that was edited', EVENTS, edited, false, 'events.jsonl is not what the manifest says'],
  ['a stop that was edited', 'stops.jsonl', edited, false, 'stops.jsonl is not what the manifest says'],
  ['an edited event with its hash', EVENTS, edited, true, 'differs from the log: '],
  ['an event that was removed, with its hash', EVENTS, withoutLine, true, 'and the manifest counts'],
  ['events in another order, with their hash', EVENTS, swapped, true, 'not in its place'],
  ['an entry that was edited, with its hash', ENTRIES, edited, true, 'differs from the log'],
  ['an entry that was removed, with its hash', ENTRIES, withoutLine, true, /./],
  ['entries in another order, with their hash', ENTRIES, swapped, true, /./],
  [
    'a checkpoint of another size',
    'checkpoint',
    (text: string) => text.replace(/\n\d+\n/, '\n9999\n'),
    true,
    'signature',
  ],
])('%s does not verify', async (_, name, change, hidden, words) => {
  const { status, stdout } = await forged(name, change, { hidden })
  expect(stdout).toMatch(/^NOT VERIFIED: /)
  expect(stdout).toMatch(words)
  expect(status).toBe(7)
})

test('a policy that was changed does not have the hash of its name', async () => {
  const { json } = await unpacked()
  const { stdout } = await forged(json('policies.json')[0].file, (text) => `${text}\n`, { hidden: true })
  expect(stdout).toMatch(/does not have the hash that its name says/)
})

test('the key of another log does not verify it', async () => {
  const { at } = await unpacked()
  const other = `other.example+${ownKey().split('+').slice(1).join('+')}`
  expect(verify(at('verify.mjs'), '--key', other)).toMatchObject({
    status: 7,
    stdout: expect.stringMatching(/the checkpoint is of the log/),
  })
})

test('a zip that was cut cannot be unpacked', async () => {
  const { file } = await reported('--since', '1d')
  expect(() => unzipSync(readFileSync(file).subarray(0, -40))).toThrow()
})

test.each([
  ['a reversed period', ['--since', '1h', '--until', '2h'], 2, 'ends before it begins'],
  ['a period without entries', ['--since', '2001-01-01', '--until', '2001-02-01'], 1, 'no entry of this time'],
  ['a time that is none', ['--since', 'soon'], 2, 'expected a time'],
])('%s is refused, and leaves no file', async (_, args, exitCode, words) => {
  const answer = await reported(...args)
  expect(answer.exitCode).toBe(exitCode)
  expect(answer.err).toContain(words)
  expect(existsSync(answer.file)).toBe(false)
})

test('a role that may not read events gets no report', async () => {
  const { json } = await directory.ask('POST', '/api/v1/administrators', { body: { name: 'vera', role: 'viewer' } })
  const { token } = json as { token: string }
  const apiOf = (profile: AdministratorProfile) => apiClient({ ...profile, token })
  const file = join(directory.folder, 'refused.zip')
  const answer = await runCommand(directory, ['audit', 'report', '--since', '1d', '--out', file], { apiOf })
  expect(answer.err).toContain('NOT_PERMITTED')
  expect(answer.exitCode).not.toBe(0)
  expect(existsSync(file)).toBe(false)
})

test('a file that is there is not overwritten', async () => {
  const { file } = await reported('--since', '1d')
  const before = readFileSync(file)
  const again = await runCommand(directory, ['audit', 'report', '--since', '1d', '--out', file])
  expect(again).toMatchObject({ exitCode: 1, err: expect.stringContaining('exists already') })
  expect(readFileSync(file)).toEqual(before)
})
