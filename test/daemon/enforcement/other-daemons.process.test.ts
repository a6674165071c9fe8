import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { watchOtherDaemons } from '../../../src/daemon/enforcement/other-daemons.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { stopOf, testEnforcement } from '../../support/daemon/test-enforcement.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { CGROUP2, freezerName } from '../../support/processes/test-freezer.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const onLinux = process.platform === 'linux' ? describe : describe.skip
const processes = linuxProcesses()
const [A, B] = ['a'.repeat(12), 'b'.repeat(12)]

function daemon(folder: string, name: string, isEnforcing: () => boolean) {
  const clock = new FakeClock()
  const health = createHealth({ clock })
  const ended = new AbortController()
  const components = { clock, log: silentLog, health, processes, isEnforcing }
  const watching = watchOtherDaemons(components, { folder, name }, { signal: ended.signal })
  return {
    codes: () => health.warnings().map(({ code }) => code),
    health,
    /** A minute passes. */
    look: () => clock.advance(60_000),
    async [Symbol.asyncDispose]() {
      ended.abort()
      await watching
    },
  }
}

onLinux('a second daemon on the machine', () => {
  test('is warned of while both enforce stops, also by one without stops, until it ends', async () => {
    using temporary = temporaryFolder()
    const folder = join(temporary.path, 'enforcers')
    let enforces = false
    await using first = daemon(folder, A, () => enforces)
    {
      await using second = daemon(folder, B, () => true)
      await first.look()
      expect([first.codes(), second.codes()]).toEqual([['SECOND_DAEMON'], []])
      expect(first.health.warnings()[0]?.remedy).toContain(`stops here: ${process.pid}.`)
      enforces = true
      await first.look()
      await second.look()
      expect([first.codes(), second.codes()]).toEqual([['SECOND_DAEMON'], ['SECOND_DAEMON']])
      enforces = false
      await first.look()
      await second.look()
      expect(second.codes()).toEqual([])
    }
    await first.look()
    expect([first.codes(), readdirSync(folder)]).toEqual([[], []])
  })

  test('that was killed counts no longer, and its mark is removed', async () => {
    using folder = temporaryFolder()
    const child = spawn('/bin/sleep', ['1000'], { stdio: 'ignore' })
    await once(child, 'spawn')
    const mark = join(folder.path, `${B}.${child.pid}.${processes.entry(child.pid ?? 0)?.startTicks}`)
    writeFileSync(mark, '')
    await using first = daemon(folder.path, A, () => false)
    await first.look()
    expect(first.codes()).toEqual(['SECOND_DAEMON'])
    child.kill('SIGKILL')
    await once(child, 'exit')
    await first.look()
    expect([first.codes(), existsSync(mark)]).toEqual([[], false])
  })

  test('is not seen in a mark of an earlier process with that pid, nor in another file', async () => {
    using folder = temporaryFolder()
    for (const name of [`${B}.${process.pid}.1`, 'notes', `${B}.x.1`]) writeFileSync(join(folder.path, name), '')
    await using first = daemon(folder.path, A, () => false)
    await first.look()
    expect([first.codes(), readdirSync(folder.path)]).toEqual([[], [`${B}.x.1`, 'notes']])
  })

  test('is not looked for where marks cannot be read, and nothing else fails', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'file')
    writeFileSync(file, '')
    await using first = daemon(file, A, () => true)
    await first.look()
    expect(first.codes()).toEqual([])
  })
})

const asRoot = CGROUP2 === undefined ? describe.skip : describe

asRoot('enforcement', () => {
  test('warns of another one on this machine for as long as that has stops in force', async () => {
    using own = temporaryFolder()
    using theirs = temporaryFolder()
    const enforcersFolder = join(own.path, 'enforcers')
    await using first = await testEnforcement({ folder: own.path, name: freezerName(), enforcersFolder })
    await using second = await testEnforcement({ folder: theirs.path, name: freezerName(), enforcersFolder })
    const minute = async () => {
      await second.clock.advance(60_000)
      await first.clock.advance(60_000)
      return [first.warnings(), second.warnings()]
    }
    expect(await minute()).toEqual([[], []])
    const stop = stopOf()
    await second.enforcement.stop(stop)
    expect(await minute()).toEqual([['SECOND_DAEMON'], []])
    await second.enforcement.release([stop.id])
    expect(await minute()).toEqual([[], []])
  })
})
