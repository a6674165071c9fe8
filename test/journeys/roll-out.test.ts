import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnrolmentString } from '../../src/protocol/messages/enrolment-string.ts'
import type { Challenge } from '../../src/protocol/messages/frames.ts'
import { profileOf } from '../support/daemon/enrolled-daemon.ts'
import { runDirectory, serveForAll } from '../support/directory/directory-process.ts'
import { nextAck, ScriptedDevice } from '../support/directory/scripted-device.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** An administrator enrols many laptops with one token, asks about them, retires one and lets it back. */

const LAPTOPS = 12
const directory = serveForAll()
const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())

const run = async (...args: readonly string[]) => {
  const { exitCode, stdout, stderr } = await runDirectory([...args, '--data', directory.path])
  return { exitCode, stdout, stderr }
}
const json = async (...args: readonly string[]) => JSON.parse((await run(...args, '--json')).stdout)

function laptop(enrolment: string): ScriptedDevice {
  const profile = profileOf(directory.path)
  const url = `wss://localhost:${new URL(directory.server.devices).port}`
  return new ScriptedDevice({ url, ca: profile.ca, pins: { ca: parseEnrolmentString(enrolment).ca } })
}

/** @returns the code of the refusal, or the status of the welcome. */
async function enrol(device: ScriptedDevice, enrolment: string, serial: string): Promise<string> {
  const wire = await device.dial()
  wire.send(device.helloToken(enrolment))
  const first = await wire.next()
  if (first.kind === 'refusal') return String(first.payload.code)
  const attestation = device.attestation(first.payload as unknown as Challenge, wire, 'enrol') // its kind was read
  const label = { hostname: `host-of-${serial}`, platform: 'linux', arch: 'x64', serial }
  wire.send(await device.sign('attestation', { ...attestation, label }))
  const frame = await wire.next()
  if (frame.kind === 'refusal') return String(frame.payload.code)
  const { status } = device.adopt(frame.payload)
  if (status === 'accepted') {
    const detail = serial.endsWith('0') ? 'not encrypted' : 'encrypted'
    const state = serial.endsWith('0') ? ('fail' as const) : ('pass' as const)
    wire.send(await device.batch({ findings: [{ check: 'disk.root-encrypted', state, detail }] }))
    await nextAck(wire)
  }
  wire.close()
  await wire.closed
  return status
}

test('from a list of serial numbers to a fleet that answers', async () => {
  const serials = Array.from({ length: LAPTOPS }, (_, at) => `PF-${at}`)
  const [owners, out] = [join(folder.path, 'owners.csv'), join(folder.path, 'enrolment')]
  writeFileSync(owners, serials.map((serial, at) => `serial:${serial},owner-${at % 3}@example.org\n`).join(''))
  const made = await run('token', 'create', '--owner-from', owners, '--minimum-tier', 'software', '--out', out)
  expect(made).toMatchObject({ exitCode: 0, stderr: '' })
  const enrolment = readFileSync(out, 'utf8').trim()

  const devices = new Map(serials.map((serial) => [serial, laptop(enrolment)]))
  const came = await Promise.all([...devices].map(([serial, device]) => enrol(device, enrolment, serial)))
  expect(came).toEqual(serials.map(() => 'accepted'))
  // A stranger, and one that calls itself like a laptop of the list.
  expect(await enrol(laptop(enrolment), enrolment, 'PF-99')).toBe('TOKEN_USED')
  const spare = join(folder.path, 'spare')
  await run('token', 'create', '--preregistered', '--uses', '9', '--minimum-tier', 'software', '--out', spare)
  const second = readFileSync(spare, 'utf8').trim()
  expect(await enrol(laptop(second), second, 'PF-99')).toBe('TOKEN_SERIAL_MISMATCH')
  expect(await enrol(laptop(second), second, 'PF-3')).toBe('TOKEN_SERIAL_MISMATCH')

  const { status } = await json('status')
  expect(status.devices).toMatchObject({ total: LAPTOPS, retired: 0 })
  expect(status.failingChecks).toEqual([{ check: 'disk.root-encrypted', devices: 2 }])
  const failing = await run('devices', 'list', '--failing', 'disk.root-encrypted', '--sort', 'host', '-o', 'csv')
  expect(failing.stdout.split('\r\n').map((line) => line.split(',')[8])).toEqual(['serial', 'PF-0', 'PF-10', undefined])
  const mine = await json('devices', 'list', '--owner', 'owner-1@example.org')
  expect(mine.total).toBe(LAPTOPS / 3)

  // Retired by its serial number; it comes back with its key, and a human lets it in by its host name.
  const lost = devices.get('PF-5') ?? laptop(second)
  expect((await run('devices', 'retire', 'PF-5', '--reason', 'lost')).exitCode).toBe(1)
  expect((await run('devices', 'retire', 'PF-5', '--reason', 'lost', '--yes')).exitCode).toBe(0)
  expect((await json('devices', 'list')).total).toBe(LAPTOPS - 1)
  expect((await json('devices', 'list', '--retired')).devices).toMatchObject([
    { id: lost.id, label: { serial: 'PF-5' } },
  ])
  const again = await json('preregistrations', 'list')
  expect(again.preregistrations).toHaveLength(LAPTOPS)
  expect(await enrol(lost, second, 'PF-5')).toBe('pending')
  expect(await run('re-enrolments', 'approve', 'host-of-PF-5', '--reason', 'found')).toMatchObject({ exitCode: 0 })
  const { reEnrolments } = await json('re-enrolments', 'list', '--all')
  expect(reEnrolments).toMatchObject([{ status: 'approved', reason: 'found', retired: { reason: 'lost' } }])
  expect((await json('devices', 'list')).total).toBe(LAPTOPS)
})
