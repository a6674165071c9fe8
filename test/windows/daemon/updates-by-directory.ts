import { appendFileSync, chmodSync } from 'node:fs'
import { VERSION } from '../../../src/base/version.ts'
import type { Status } from '../../../src/protocol/messages/control.ts'
import type { Device } from '../../../src/protocol/nouns/devices/devices.ts'
import { waitFor } from '../../support/wait-for.ts'
import type { Windows } from '../../support/windows/windows.ts'
import type { OfferedVersions } from './offer-versions.ts'
import type { InstalledBundle } from './windows-bundle.ts'

export interface UpdatedMachine {
  readonly windows: () => Windows
  readonly bundle: () => InstalledBundle
  readonly offered: () => OfferedVersions
  readonly logs: () => string
  readonly serviceState: () => Promise<string | undefined>
  readonly untilState: (wanted: string) => Promise<unknown>
  readonly untilKnown: (what: string, until: (seen: Device) => boolean) => Promise<unknown>
  readonly statusByPipe: () => Promise<Partial<Status>>
}

/** On an enrolled machine. The installed version runs again afterwards. */
export function updatesByDirectory(
  onWine: (name: string, work: () => Promise<void>) => void,
  { windows, bundle, offered, logs, serviceState, untilState, untilKnown, statusByPipe }: UpdatedMachine,
): void {
  /** Not by a kill, after which the service host waits longer each time. */
  const startAgain = async () => {
    await windows().runProgram('sc', ['stop', 'suretyd'])
    await untilState('STOPPED')
    await windows().runProgram('sc', ['start', 'suretyd'])
  }
  const untilVersion = (wanted: string, state: string) =>
    waitFor(`version ${wanted}, ${state}`, statusByPipe, {
      until: (seen) => seen.daemonVersion === wanted && seen.updates?.state === state,
      everyMs: 250,
      show: (seen) => `${JSON.stringify(seen)} ${logs()}`,
    })

  onWine('becomes a newer version of its directory, started by the service host', async () => {
    const settings = {
      schedules: { processes: '* * * * * *', updates: '* * * * * *' },
      updates: { by: 'directory', root: offered().root },
    }
    bundle().write('suretyd.json', JSON.stringify(settings))
    await offered().offer('7.1.0')
    await startAgain()
    const status = await untilVersion('7.1.0', 'current')
    expect(status.updates).toMatchObject({ installed: VERSION, channel: 'stable' })
    // Neither its end nor its new files look like an attack.
    expect(status.tamperSigns ?? []).toEqual([])
    expect(logs()).toMatch(/ended with 75\n.* again in 500 ms\n/)
    expect(logs()).toContain('version 7.1.0 runs in the place of the installed one')
    await untilKnown('the version', ({ inventory }) => inventory?.daemon?.version === '7.1.0')
  })

  onWine('gives up a broken version, and goes back to the one before', async () => {
    await offered().offer('7.2.0', (code) => `if (process.argv[2] === 'run') process.exit(9);${code}`)
    const status = await untilVersion('7.1.0', 'rolled-back')
    expect(status.updates).toMatchObject({ refused: '7.2.0' })
    expect(logs().match(/ended with 9\n/g)).toHaveLength(3)
    expect(await serviceState()).toBe('RUNNING')
  })

  onWine('starts no altered version, and puts none in a folder that others may write', async () => {
    appendFileSync(bundle().dataFile('updates/7.1.0/suretyd/catalogue.json'), ' ')
    await startAgain()
    await untilVersion(VERSION, 'rolled-back')
    expect(logs()).toContain('this version is damaged on disk')
    chmodSync(bundle().dataFile('updates'), 0o777)
    const status = await untilVersion(VERSION, 'failed')
    expect(status.updates?.lastError).toMatchObject({ code: 'STORE_FAILED' })
    chmodSync(bundle().dataFile('updates'), 0o700)
    await untilVersion(VERSION, 'rolled-back')
  })
}
