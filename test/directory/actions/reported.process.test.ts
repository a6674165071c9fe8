import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnrolmentString } from '../../../src/protocol/messages/enrolment-string.ts'
import { runDirectory, serveDirectory } from '../../support/directory/directory-process.ts'
import { hashOf, ScriptedDevice } from '../../support/directory/scripted-device.ts'
import { actionEvidence } from '../../support/protocol/sample-actions.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { sendAndAck } from '../evidence/enrolled-device.ts'

test('what a device reports is listed by the command of another process', async () => {
  using folder = temporaryFolder()
  const command = async (...args: string[]) => {
    const { exitCode, stdout } = await runDirectory([...args, '--data', folder.path])
    expect(exitCode).toBe(0)
    return stdout
  }
  await using server = await serveDirectory(folder.path)
  const { ca } = JSON.parse(readFileSync(join(folder.path, 'administrator.json'), 'utf8'))
  const token = (await command('token', 'create', '--owner', 'ada', '--minimum-tier', 'software')).trim()
  const device = new ScriptedDevice({ url: server.devices, ca, pins: parseEnrolmentString(token) })
  const { wire } = await device.enrol(token)
  const batch = await device.batch(actionEvidence)
  expect(await sendAndAck(wire, batch)).toEqual({ sequence: 1, head: hashOf(batch) })

  const { actions, total } = JSON.parse(await command('actions', 'list', '--json'))
  expect(total).toBe(2)
  expect(actions).toEqual(
    (actionEvidence.actions ?? [])
      .map((action) => expect.objectContaining({ ...action, device: device.id, saidBy: 'device' }))
      .toReversed(),
  )
  const events = await command('events', 'list', '--kind', 'action-denied', '-o', 'csv')
  expect(events).toContain('no-force-push')
})
