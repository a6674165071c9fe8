import { nextAck } from '../../support/directory/scripted-device.ts'
import { type BesiegedDirectory, besiegedDirectory, say } from '../besieged-directory.ts'

/** Text that is allowed and that somebody might stumble over: it is taken, kept as it is, and stops nothing. */

let besieged: BesiegedDirectory
beforeAll(async () => {
  besieged = await besiegedDirectory()
})
afterAll(() => besieged[Symbol.asyncDispose]())

const STRANGE = [
  ...['a\0b', '\0', '\ud800', '\udfff\ud800', '\u{10ffff}', '\ufeff', '\u202egnp.exe', '\u2028'],
  ...['\x1b[2J\x1b]0;owned\x07', '"; DROP TABLE devices; --', "'||(SELECT 1)||'", '$.machineId', '%s%n', '../../x'],
  ...['__proto__', 'constructor', 'null', 'NaN', '{"a":1}', '<script>alert(1)</script>', 'e\u0301'.repeat(40)],
] as const

test.each(STRANGE)('%j', async (text) => {
  const { running } = besieged
  const enrolling = await besieged.stage('enrol')
  const label = { hostname: text, platform: 'linux', arch: text.slice(0, 32), machineId: text, serial: text }
  enrolling.wire.send(await say(enrolling, JSON.stringify({ ...JSON.parse(enrolling.honest), label })))
  const { device, wire } = enrolling
  device.adopt((await wire.nextOf('welcome')).payload)
  const user = { id: '0', name: text }
  const agent = { kind: 'agent', id: '0'.repeat(32), name: text, user, evidence: [text], state: 'running', path: text }
  const sightings = {
    mode: 'full',
    snapshot: text.slice(0, 64),
    part: 0,
    parts: 1,
    items: [{ ...agent, agentKind: 'cli' }],
  }
  const findings = [{ check: 'os.supported', state: 'fail', detail: text }]
  const sources = [
    { source: text.slice(0, 64), path: text, user, state: 'unreadable', reason: text, items: 0, durationMs: 0.5 },
  ]
  const health = [{ code: text.slice(0, 64), remedy: text, since: 0 }]
  const inventory = { hostname: text, platform: 'linux', arch: 'x', osName: text, osVersion: 'x', kernel: text }
  const claims: object = { bootId: text.slice(0, 64), sightings, findings, sources, health, inventory }
  wire.send(await device.batch(claims as Record<string, unknown>)) // evidence that its types would have refused
  expect((await nextAck(wire)).sequence).toBe(1)
  const id = device.id ?? ''
  const json = (sql: string) => JSON.parse(String(running.rows(sql, id)[0]?.json))
  expect({
    label: json('SELECT label_json AS json FROM devices WHERE id = ?'),
    sighting: json('SELECT json FROM sightings WHERE device = ?'),
    inventory: json('SELECT json FROM inventory WHERE device = ?'),
    untaken: running.rows('SELECT part, message FROM unprocessed WHERE device = ?', id),
    failed: running.directory.failure.aborted,
    others: await besieged.honestGoesOn(),
  }).toEqual({ label, sighting: { ...agent, agentKind: 'cli' }, inventory, untaken: [], failed: false, others: true })
  wire.close()
})
