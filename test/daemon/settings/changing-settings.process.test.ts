import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { askDaemon, waitForStatus } from '../../support/daemon/ask-daemon.ts'
import { type DaemonProcess, daemonProcess } from '../../support/daemon/daemon-process.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { canRunServiceManager, startServiceManager } from '../../support/processes/service-manager.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** One device whose settings change while its daemon runs. Each test goes on where the one before ended. */

const folder = temporaryFolder()
const at = (name: string) => join(folder.path, name)
const socket = at('run/control.sock')
let directory: RunningDirectory
let device = ''

beforeAll(async () => {
  directory = await runningDirectory()
  writeFileSync(at('enrolment'), await directory.token(), { mode: 0o600 })
})
afterAll(async () => {
  await directory[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const set = (content: unknown) =>
  writeFileSync(at('suretyd.json'), typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 })

function start(env: Readonly<Record<string, string>> = {}): DaemonProcess {
  const args = ['--keys', 'software', '--config', at('suretyd.json'), '--schedules-settings', '* * * * * *']
  return daemonProcess({ folder: folder.path, args, env })
}

const waiting = async () => {
  const answer = await askDaemon(socket, 'config')
  return 'waiting' in answer ? answer.waiting : undefined
}
type Warnings = readonly { readonly code: string; readonly remedy: string }[]
const settingsAmong = (all: Warnings = []) => all.filter(({ code }) => code.startsWith('SETTINGS_'))

/** At the device and in the directory. */
async function untilWarned(code: string | undefined, words = /(?:)/): Promise<void> {
  const holds = (all: Warnings | undefined) => {
    const found = settingsAmong(all)
    return code === undefined
      ? found.length === 0
      : found.length === 1 && found[0]?.code === code && words.test(found[0].remedy)
  }
  await waitForStatus(socket, ({ health }) => holds(health))
  await waitFor(
    `${code} in the directory`,
    async () => holds((await directory.directory.store.devices.view(device))?.health),
    {
      show: async () => (await directory.directory.store.devices.view(device))?.health,
    },
  )
}

test('warns at the device and in the directory while nothing would restart it', async () => {
  set({ support: { contact: 'one' } })
  await using daemon = start()
  await daemon.said(/enrolled device=/)
  device = JSON.parse(readFileSync(at('state/identity.json'), 'utf8')).device
  expect(await waiting()).toBeUndefined()
  set({ support: { contact: 'two' } })
  await untilWarned('SETTINGS_CHANGED', /^Changed: support\.contact\. Restart suretyd\./)
  expect(await waiting()).toEqual({ state: 'by-hand', settings: ['support.contact'] })
  set({ log: { file: '/nowhere/of/surety/suretyd.log' } })
  await untilWarned('SETTINGS_REFUSED', /nowhere/)
  expect(await waiting()).toMatchObject({ state: 'refused', reason: expect.stringContaining('nowhere') })
  set({ support: { contact: 'one' } })
  await untilWarned(undefined)
  daemon.kill('SIGTERM')
  expect(await daemon.exit).toBe(0)
})

const whenManaged = canRunServiceManager ? test : test.skip
whenManaged('ends for a restart by its service manager, and not twice in ten minutes', async () => {
  await using manager = await startServiceManager(at('notify'))
  await using first = start({ NOTIFY_SOCKET: at('notify') })
  await first.listening()
  set('{"support":')
  await untilWarned('SETTINGS_REFUSED')
  set({ support: { contact: 'two' } })
  expect(await first.exit).toBe(75)
  await manager.ended
  expect(manager.received()).toEqual(['READY=1', 'STOPPING=1'])
  await using second = start({ NOTIFY_SOCKET: at('notify') })
  await second.listening()
  const status = await waitForStatus(socket, ({ directory: { connected } }) => connected)
  expect(status.support).toEqual({ contact: 'two' })
  expect(status.tamperSigns).toMatchObject([{ kind: 'settings-changed', names: ['support.contact'] }])
  await untilWarned(undefined)
  set({ support: { contact: 'one' } })
  await untilWarned('SETTINGS_CHANGED', /They are applied within minutes/)
  expect(await waiting()).toEqual({ state: 'by-itself', settings: ['support.contact'] })
  second.kill('SIGTERM')
  expect(await second.exit).toBe(0)
})
