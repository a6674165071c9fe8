import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import { openTpmKeys } from '../src/keys/tpm/tpm-keys.ts'
import { simulatorTransport } from '../src/keys/tpm/transport/simulator-transport.ts'
import type { TpmTransport } from '../src/keys/tpm/transport/tpm-transport.ts'
import { sharedTpm } from '../test/support/tpm/shared-tpm.ts'
import { startSwtpm, swtpmMissing } from '../test/support/tpm/swtpm.ts'
import { giveTpm } from '../test/support/windows/tbs.ts'
import { openWindows, windowsAbsence } from '../test/support/windows/windows.ts'
import { type Benchmark, rounded, sizeOf } from './benchmark.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const COUNT = sizeOf(200, { small: 5 })
const PROBE = resolve(import.meta.dirname, '../test/keys/windows-keys-probe.ts')
const GET_RANDOM = Uint8Array.of(0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 8)
const OPTIONS = { signal: new AbortController().signal }

interface Times {
  readonly commandMs: number
  readonly signMs: number
}

export const windowsTpm: Benchmark = {
  name: 'windows-tpm',
  about: `mean of ${COUNT} TPM commands and signatures under Wine, by TPM Base Services, beside the same simulator from Linux`,
  unit: 'ms',
  limit: 'none: Wine is not Windows',
  async run(report) {
    const absent = windowsAbsence() ?? swtpmMissing()
    if (absent !== undefined) throw new Error(absent)
    using folder = temporaryBenchFolder()
    await using swtpm = await startSwtpm({ folder: join(folder.path, 'tpm') })
    await using shared = await sharedTpm({ folder: folder.path, simulator: swtpm.simulator })
    const linux = await onLinux(shared.simulator, join(folder.path, 'keys'))
    using windows = openWindows()
    await giveTpm(windows, shared.port)
    const init = Buffer.from(JSON.stringify({ what: ['bench'], count: COUNT })).toString('base64url')
    const { stdout, stderr } = await windows.run(PROBE, [init])
    if (stdout === '') throw new Error(`nothing came from Wine: ${stderr}`)
    const wine: Times = JSON.parse(stdout).bench
    for (const [name, what] of [
      ['commandMs', 'GetRandom'],
      ['signMs', 'signature'],
    ] as const) {
      report({
        name: `windows-tpm-${what.toLowerCase()}`,
        value: rounded(wine[name]),
        unit: 'ms',
        ratio: rounded(wine[name] / linux[name]),
        against: `${rounded(linux[name])} ms from Linux; the simulator and what stands before it are the same`,
      })
    }
  },
}

async function onLinux(simulator: string, stateFolder: string): Promise<Times> {
  const open = (): TpmTransport => simulatorTransport(simulator)
  const each = async (work: () => Promise<unknown>) => {
    const start = performance.now()
    for (let done = 0; done < COUNT; done++) await work()
    return (performance.now() - start) / COUNT
  }
  const commandMs = await (async () => {
    await using transport = open()
    return await each(() => transport.transmit(GET_RANDOM, OPTIONS))
  })()
  await mkdir(stateFolder, { mode: 0o700 })
  await using provider = await openTpmKeys({ transport: open(), clock: systemClock }, { stateFolder })
  const key = await provider.getOrCreateKey('device')
  let message = 0
  await key.sign(Uint8Array.of(message))
  return { commandMs, signMs: await each(() => key.sign(Buffer.from(String(++message)))) }
}
