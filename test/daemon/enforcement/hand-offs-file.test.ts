import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { keepHandOffs } from '../../../src/daemon/enforcement/hand-offs-file.ts'
import type { HandOff } from '../../../src/discovery/matching/hand-off.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const unit: HandOff = {
  to: 'systemd',
  job: 'run-p7-*',
  userId: '1000',
  product: 'claude-code',
  agent: { pid: 5, startTicks: 50 },
}
const crontab: HandOff = { ...unit, to: 'cron', job: '' }

/** A run of the daemon: what it was given, and how it learns. */
async function open(stateFolder: string, bootId: string) {
  const raised: string[] = []
  let given: readonly HandOff[] = []
  let learn: (all: readonly HandOff[]) => void = () => undefined
  const kept = await keepHandOffs(
    {
      clock: systemClock,
      log: silentLog,
      health: { raise: (code) => void raised.push(code) },
      handOffs: {
        keep(known, onChange) {
          given = known
          learn = onChange
        },
      },
    },
    { stateFolder, bootId },
  )
  return { kept, raised, given, learn }
}

test('a later run knows what was handed off; after a reboot no units and no agents', async () => {
  using folder = temporaryFolder()
  const first = await open(folder.path, 'one')
  expect(first.given).toEqual([])
  first.learn([unit])
  first.learn([unit, crontab])
  await first.kept[Symbol.asyncDispose]()
  const second = await open(folder.path, 'one')
  expect(second.given).toEqual([unit, crontab])
  const { agent: _, ...left } = crontab
  const third = await open(folder.path, 'two')
  expect(third.given).toEqual([left])
  for (const { kept } of [second, third]) await kept[Symbol.asyncDispose]()
})

test('writes nothing that it learns after its end', async () => {
  using folder = temporaryFolder()
  const { kept, learn } = await open(folder.path, 'one')
  await kept[Symbol.asyncDispose]()
  learn([unit])
  expect(readdirSync(folder.path)).toEqual([])
})

test.each([
  ['that is no JSON', '{'],
  ['that is too large', `"${'x'.repeat(2 * 1024 * 1024)}"`],
  ['of another kind', '{"schema": "surety/stops@1"}'],
])('a file %s is set aside', async (_, text) => {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 'hand-offs.json'), text, { mode: 0o600 })
  const { kept, raised, given } = await open(folder.path, 'one')
  expect([given, raised]).toEqual([[], ['STATE_DAMAGED']])
  await kept[Symbol.asyncDispose]()
})

test('what cannot be written ends no daemon, and is written with the next change', async () => {
  using folder = temporaryFolder()
  const stateFolder = join(folder.path, 'state')
  mkdirSync(stateFolder)
  const { kept, learn } = await open(stateFolder, 'one')
  rmSync(stateFolder, { recursive: true })
  learn([unit])
  await new Promise((resolve) => setImmediate(resolve))
  mkdirSync(stateFolder)
  learn([unit, crontab])
  await kept[Symbol.asyncDispose]()
  expect(readFileSync(join(stateFolder, 'hand-offs.json'), 'utf8')).toContain('"cron"')
})
