import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseEnrolmentString } from '../../src/protocol/messages/enrolment-string.ts'
import { openDatabase } from '../../src/system/sqlite/sqlite.ts'
import { runDirectory, type ServingDirectory, serveDirectory } from '../support/directory/directory-process.ts'
import { runningDirectory } from '../support/directory/running-directory.ts'
import { hashOf, nextAck, ScriptedDevice, type Wire } from '../support/directory/scripted-device.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Files of a process may grow no more: every write beyond fails, as a broken disk's does. */
function breakDisk(pid: number): void {
  execFileSync('/usr/bin/prlimit', ['--pid', String(pid), '--fsize=0'])
}

async function deviceOf(server: ServingDirectory, data: string) {
  const { ca } = JSON.parse(readFileSync(join(data, 'administrator.json'), 'utf8'))
  const { stdout } = await runDirectory([
    'token',
    'create',
    '--owner',
    'ada',
    '--minimum-tier',
    'software',
    '--data',
    data,
  ])
  return {
    device: new ScriptedDevice({ url: server.devices, ca, pins: parseEnrolmentString(stdout) }),
    token: stdout.trim(),
  }
}

const batchOf = (device: ScriptedDevice) =>
  device.batch({ findings: [{ check: 'os.supported', state: 'fail', detail: 'x'.repeat(900) }] })

async function refusalOf(wire: Wire): Promise<object> {
  for (;;) {
    const { kind, payload } = await wire.next()
    if (kind === 'refusal' || kind === 'other') return payload
  }
}

test('an I/O error ends the directory clearly, and keeps what it acknowledged', async () => {
  using folder = temporaryFolder()
  const server = await serveDirectory(folder.path)
  const { device, token } = await deviceOf(server, folder.path)
  const { wire } = await device.enrol(token)
  const kept = await batchOf(device)
  wire.send(kept)
  expect(await nextAck(wire)).toEqual({ sequence: 1, head: hashOf(kept) })

  breakDisk(server.pid)
  const lost = await batchOf(device)
  wire.send(lost)
  expect(await refusalOf(wire)).toMatchObject({ code: 'STORE_FAILED', retryAfterMs: 10_000 })
  const { exitCode, stderr } = await server.ended
  expect(exitCode).toBe(1)
  expect(stderr).toMatch(
    /^surety-directory: the database failed and is not used any more: database .*disk I\/O error \(check the disk\).* \[STORE_FAILED\]$/m,
  )

  await using again = await serveDirectory(folder.path)
  const back = Object.assign(new ScriptedDevice({ ...device.init, url: again.devices }), {
    privateKey: device.privateKey,
    id: device.id,
    epoch: 1,
    sequence: 2,
    head: device.head,
  })
  const { wire: next, welcome } = await back.connect()
  expect(welcome).toMatchObject({ sequence: 1, head: hashOf(kept) })
  next.send(lost)
  expect(await nextAck(next)).toEqual({ sequence: 2, head: hashOf(lost) })
  next.close()
})

test('acknowledges nothing while another process holds the database, then continues', async () => {
  await using running = await runningDirectory()
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  const folder = dirname(String(running.rows('PRAGMA database_list')[0]?.file))
  using holder = openDatabase(join(folder, 'directory.sqlite'))
  holder.exec('BEGIN IMMEDIATE')
  const batch = await batchOf(device)
  wire.send(batch)
  expect(await refusalOf(wire)).toEqual({
    type: 'refusal',
    code: 'STORE_FAILED',
    retryAfterMs: 10_000,
    message: 'the directory could not do that now',
  })
  expect(running.rows('SELECT sequence FROM devices')).toEqual([{ sequence: 0 }])
  expect(running.directory.failure.aborted).toBe(false)

  holder.exec('ROLLBACK')
  const { wire: again } = await device.connect()
  again.send(batch)
  expect(await nextAck(again)).toEqual({ sequence: 1, head: device.head })
})
