import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { list } from '../../src/admin/nouns/call.ts'
import { createdStopReader, type StopView, stopReader } from '../../src/protocol/nouns/agents/stops.ts'
import { sightingPageReader } from '../../src/protocol/nouns/devices/devices.ts'
import { summaryReader } from '../../src/protocol/nouns/directory/directory.ts'
import { events as declared } from '../../src/protocol/nouns/directory/events.ts'
import { world } from '../faults/world/device-and-directory.ts'
import { runDirectory } from '../support/directory/directory-process.ts'
import { scaledMs } from '../support/machine-speed.ts'
import { CGROUP2 } from '../support/processes/test-freezer.ts'
import { waitFor } from '../support/wait-for.ts'

/** A directory dies, and a backup takes its place in another folder: real programs, with an agent that a stop holds. */

const PRODUCT = 'junie'
const asRoot = CGROUP2 === undefined ? test.skip : test
const patiently = <T>(until: (seen: T) => boolean) => ({
  until,
  withinMs: scaledMs(60_000),
  everyMs: 100,
  show: (seen: T) => JSON.stringify(seen).slice(0, 4_000),
})

function startAgent(folder: string) {
  const path = join(folder, 'agent/junie-app/bin/junie')
  mkdirSync(dirname(path), { recursive: true })
  copyFileSync('/bin/bash', path)
  const file = join(folder, 'agent.count')
  const script = '(exec 3<> <(:); while :; do echo >> "$0"; read -t 0.02 -u 3; done) & wait'
  const child = spawn(path, ['-c', script, file], { stdio: 'ignore', detached: true })
  const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0
  return {
    async grows(): Promise<boolean> {
      const before = size()
      await new Promise((resolve) => setTimeout(resolve, 300))
      return size() > before
    },
    [Symbol.dispose]() {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    },
  }
}

asRoot(
  'a restored directory orders its standing stop again, and reports what it forgot',
  async () => {
    await using here = await world()
    const before = await here.startDirectory()
    await here.invite('software')
    await here.startDaemon()
    const device = (await here.untilSettled()).device?.id ?? ''
    using agent = startAgent(here.folder)
    await waitFor(
      'the sighting',
      () => here.api.ask('GET', `/devices/${device}/sightings?kind=agent&limit=500`, sightingPageReader),
      patiently(({ items }) =>
        items.some(
          ({ sighting: one }) => one.kind === 'agent' && one.catalogueId === PRODUCT && one.parts?.length === 2,
        ),
      ),
    )
    const stop = async (selector: object) => {
      const created = await here.api.ask('POST', '/stops', createdStopReader, {
        kind: 'freeze',
        selector,
        reason: 'journey',
      })
      return created.stop?.id ?? ''
    }
    const until = (what: string, id: string, holds: (seen: StopView) => boolean) =>
      waitFor(what, () => here.api.ask('GET', `/stops/${id}`, stopReader), patiently(holds))
    const events = async (kind: string) =>
      (await list(here.api, declared, { kind })).items.filter((one) => one.device === device)

    const standing = await stop({ product: PRODUCT })
    await until('the receipt', standing, ({ progress }) => progress.done)
    expect(await agent.grows()).toBe(false)
    await here.suretyDirectory('backup', 'create', '--to', join(here.folder, 'backup'))

    // What the backup does not have: another stop, more evidence, higher order numbers.
    // Nothing runs that: this daemon sees the agents of other tests too.
    const forgotten = await stop({ product: 'plandex' })
    await until('the other receipt', forgotten, ({ progress }) => progress.done)
    await here.untilOrder(device, await here.order(device, 'collect'))
    await here.untilStatus(({ spool }) => spool.waiting === 0)
    before.kill('SIGKILL')
    await before.ended

    const data = join(here.folder, 'restored')
    const restored = await runDirectory(['restore', '--from', join(here.folder, 'backup'), '--data', data])
    expect(restored).toMatchObject({ exitCode: 0, stderr: '' })
    await here.startDirectory({ data })
    await here.untilDevice(device, ({ presence }) => presence === 'connected')
    await until('the receipt of the order that was given again', standing, ({ progress }) => progress.done)
    expect(await agent.grows()).toBe(false)

    expect((await here.api.ask('GET', '/summary', summaryReader)).restored).toBeDefined()
    expect((await list(here.api, declared, { kind: 'directory-restored' })).items).toHaveLength(1)
    expect(await events('evidence-forgotten')).toHaveLength(1)
    expect(await events('order-number-raised')).toMatchObject([{ facts: { from: 1 } }])
    await waitFor(
      'the stop that was forgotten',
      () => events('stop-forgotten'),
      patiently((seen) => seen.length > 0),
    )

    await here.suretyDirectory('stops', 'release', standing, '--reason', 'over')
    await until('the release', standing, ({ progress }) => progress.done)
  },
  scaledMs(300_000),
)
