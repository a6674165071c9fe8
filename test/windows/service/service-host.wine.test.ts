import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type WaitInit, waitFor as waitForLong } from '../../support/wait-for.ts'
import { openWindows, type Windows, windowsAbsence } from '../../support/windows/windows.ts'
import { type Behaviour, type ServiceLayout, serviceLayout, versionLayout } from './service-layout.ts'

/**
 * The service host with a program that stands in for the daemon. Wine stands in for Windows: what is not proved is the rights of the log
 * folder, what the service control manager does after a failure, that it sends power events, and a real shutdown.
 */

const SOURCES = resolve(import.meta.dirname, '../../../native/windows/service')
const COMPILER = '/usr/bin/x86_64-w64-mingw32-gcc'
const absent = windowsAbsence()
const onWine = absent === undefined ? test : test.skip
const SKIPPED = absent === undefined ? '' : ` (skipped: ${absent})`

/** Each is there within a second on a quiet machine. */
const WITHIN_MS = 20_000

let windows: Windows
let layout: ServiceLayout

if (absent === undefined) {
  beforeAll(async () => {
    windows = openWindows()
    layout = serviceLayout(windows, 'Surety')
    const environment = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment'
    await windows.writeRegistry({ [environment]: { NODE_OPTIONS: '--require C:\\nowhere.cjs', KEPT: 'yes' } })
    // Services get what the registry had when Windows started.
    await windows.restart()
  })
  afterAll(() => windows[Symbol.dispose]())
}

const logFile = (name: string) => join(windows.driveC, 'ProgramData/Surety/logs', name)
const logged = (name = 'service.log') => (existsSync(logFile(name)) ? readFileSync(logFile(name), 'utf8') : '')
const host = (...args: readonly string[]) => windows.runProgram(layout.host, args)
const sc = (...args: readonly string[]) => windows.runProgram('sc', args)

function waitFor<T>(what: string, look: () => T | Promise<T>, init: WaitInit<T> = {}) {
  const show = () => logged()
  return waitForLong(what, look, { until: Boolean, show, ...init, withinMs: WITHIN_MS })
}

async function state(): Promise<string | undefined> {
  return /STATE\s+:\s+\d+\s+(\w+)/.exec((await sc('query', 'suretyd')).stdout)?.[1]
}

const untilState = (wanted: string | undefined) =>
  waitFor(`the service ${wanted}`, state, { until: (seen) => seen === wanted, everyMs: 200 })
const untilStarts = (count: number) =>
  waitFor(`${count} starts`, layout.starts, { until: (pids) => pids.length >= count })

async function isRunning(pid: number): Promise<boolean> {
  const { stdout } = await windows.runProgram('tasklist', ['/fo', 'csv'])
  return stdout.includes(`"${pid}"`)
}

async function startReady(behaviour: Behaviour = {}): Promise<void> {
  layout.behave(behaviour)
  layout.touch('go')
  expect((await sc('start', 'suretyd')).status).toBe(0)
  await untilState('RUNNING')
}

/** While the program takes long to end, its host reports that the stop is pending. */
const STARTED_AND_ENDED = /^logs 1\nstate 2\nstate 4\n(state 3\n)*result 0\n$/

describe(`the service host${SKIPPED}`, () => {
  onWine('answers on the command line, and refuses what it does not know', async () => {
    expect(await host('--version')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^surety-service \d+\.\d+/),
    })
    expect(await host('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--wait-stopped') })
    for (const args of [['--nosuch'], ['--install', 'twice'], ['']]) {
      expect(await host(...args)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('Usage') })
    }
    expect(await host()).toMatchObject({ status: 2, stderr: expect.stringContaining('only Windows can start') })
  })

  onWine('stops and removes a service that is not there without an error', async () => {
    expect((await host('--wait-stopped')).status).toBe(0)
    expect((await host('--uninstall')).status).toBe(0)
  })

  onWine('does not enter the service where something else has the place of its data', async () => {
    const place = join(windows.driveC, 'ProgramData/Surety')
    writeFileSync(place, '')
    expect(await host('--install')).toMatchObject({ status: 1, stderr: expect.stringContaining('remove it') })
    expect(await state()).toBeUndefined()
    rmSync(place)
  })

  onWine('enters the service with a quoted path, also a second time', async () => {
    expect((await host('--install')).status).toBe(0)
    expect((await host('--install')).status).toBe(0)
    const key = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\suretyd'
    const { stdout } = await windows.runProgram('reg', ['query', key, '/v', 'ImagePath'])
    expect(stdout).toContain('"C:\\Program Files\\Surety\\surety-service.exe"')
    expect(await state()).toBe('STOPPED')
  })

  onWine('is running only once the program is ready', async () => {
    layout.behave({})
    await sc('start', 'suretyd')
    await untilStarts(1)
    expect(await state()).toBe('START_PENDING')
    layout.touch('go')
    await untilState('RUNNING')
    expect(layout.seen()[0]?.started).toEqual(['run', '--service-input', '--ready-json'])
  })

  onWine('passes on no variable that the daemon refuses', () => {
    const { variables = [], nodeOptions } = layout.seen()[0] ?? {}
    expect(nodeOptions).toBeNull()
    expect(variables).toContain('KEPT')
    expect(variables.filter((name) => /^(NODE_|TE?MP$)/.test(name))).toEqual([])
  })

  onWine('writes what the program says into its logs', async () => {
    await waitFor('the log of the daemon', () => logged('suretyd.log').includes('an error of the daemon'))
    expect(logged()).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z surety-service \d\S* starts\n/)
    expect(logged()).toContain('{"phase":"keys"}')
  })

  onWine('starts the program again after a crash, and stays running', async () => {
    layout.touch('crash')
    const [first, second] = await untilStarts(2)
    expect(second).not.toBe(first)
    expect(await state()).toBe('RUNNING')
    expect(logged()).toContain('ended with 9')
  })

  onWine('stops the program by the end of its input', async () => {
    await waitFor('ready again', () => logged().match(/is ready/g)?.length === 2)
    expect((await sc('stop', 'suretyd')).status).toBe(0)
    await untilState('STOPPED')
    expect(layout.seen().at(-1)).toMatchObject({ ended: true })
    expect(logged()).toMatch(/ended with 0\n.* surety-service ends with 0\n$/)
  })

  onWine('leaves nothing running when killed, not even a detached child of the program', async () => {
    await startReady({ hasChild: true })
    const [pid = 0] = layout.starts()
    const child = layout.seen().find((seen) => seen.child !== undefined)?.child ?? 0
    expect([await isRunning(pid), await isRunning(child)]).toEqual([true, true])
    await windows.runProgram('taskkill', ['/f', '/im', 'surety-service.exe'])
    await waitFor('nothing', async () => !(await isRunning(pid)) && !(await isRunning(child)), { everyMs: 200 })
    await untilState('STOPPED')
  })

  onWine('waits until all has ended, so that files can be replaced', async () => {
    await startReady({ hasChild: true })
    const pids = layout.seen().flatMap(({ started, child, pid }) => child ?? (started === undefined ? [] : pid))
    expect((await host('--wait-stopped')).status).toBe(0)
    expect(await state()).toBe('STOPPED')
    for (const pid of pids) expect(await isRunning(pid)).toBe(false)
    rmSync(join(windows.driveC, 'Program Files/Surety/surety-service.exe'))
  })

  onWine('removes a running service', async () => {
    rmSync(join(windows.driveC, 'Program Files/Surety'), { recursive: true })
    layout = serviceLayout(windows, 'Surety')
    await startReady()
    expect((await host('--uninstall')).status).toBe(0)
    expect(await state()).toBeUndefined()
  })

  onWine('ends a service whose program fails at each start, and takes no stop request', async () => {
    layout.behave({ exitsWith: 3 })
    expect((await host('--install')).status).toBe(0)
    await sc('start', 'suretyd')
    await untilStarts(2)
    expect(await state()).toBe('START_PENDING')
    expect((await host('--wait-stopped')).status).toBe(0)
    const { stdout } = await windows.runProgram('tasklist', ['/fo', 'csv'])
    expect(stdout).not.toMatch(/surety-service|node/)
    expect((await host('--uninstall')).status).toBe(0)
  })
})

describe(`what the service host does with its program${SKIPPED}`, () => {
  let probe: string
  if (absent === undefined) {
    beforeAll(() => {
      probe = join(windows.driveC, 'service-probe.exe')
      const names = [
        'child',
        'environment',
        'events',
        'log',
        'data-folder',
        'start-process',
        'supervise',
        'version-folder',
      ]
      const sources = names.map((name) => join(SOURCES, `${name}.c`))
      const flags = [
        '-std=c11',
        '-O2',
        '-municode',
        '-Wall',
        '-Wextra',
        '-Werror',
        '-D_WIN32_WINNT=0x0A00',
        '-DUNICODE',
      ]
      const times = ['-DSTART_WITHIN_MS=6000', '-DSTOP_WITHIN_MS=1500', `-I${SOURCES}`]
      const libraries = ['-ladvapi32', '-lshell32', '-lole32', '-luuid', '-o', probe]
      const args = [...flags, ...times, ...sources, join(import.meta.dirname, 'service-probe.c'), ...libraries]
      const { status, stderr } = spawnSync(COMPILER, args, { encoding: 'utf8' })
      if (status !== 0) throw new Error(stderr)
    })
  }
  const start = (name: string, behaviour: Behaviour, controls: readonly string[] = [], log = '') => {
    if (existsSync(logFile('service.log'))) rmSync(logFile('service.log'))
    if (log !== '') writeFileSync(logFile('service.log'), log)
    const own = serviceLayout(windows, name)
    own.behave(behaviour)
    return { own, running: windows.startProgram('C:\\service-probe.exe', [own.folder, ...controls]) }
  }

  onWine('tells the program of sleep and sessions, and of nothing else', async () => {
    const resumesByUser = '13:7:0'
    const unknownSession = '14:99:1'
    const withoutSession = '14:5:999'
    const given = ['13:4:0', '13:18:0', resumesByUser, unknownSession, withoutSession, '14:5:3', '14:7:3', '14:4:2']
    const { own, running } = start('Events', {}, given)
    own.touch('go')
    const text = () =>
      own
        .seen()
        .map((seen) => seen.text ?? '')
        .join('')
    await waitFor('the last event', () => text().includes('disconnect'))
    expect(text()).toBe('POWER=suspend\nPOWER=resume\nSESSION=logon 3\nSESSION=lock 3\nSESSION=disconnect 2\n')
    own.touch('enough')
    expect((await running.ended).stdout.replaceAll('\r', '')).toMatch(STARTED_AND_ENDED)
  })

  onWine('starts the version that the program asks for, which cannot ask again', async () => {
    const version = versionLayout(windows, '1.2.0')
    version.behave({})
    version.touch('go')
    const { own, running } = start('Asks', { asksFor: '1.2.0' }, ['13:4:0'])
    await waitFor('an event', () => version.seen().some(({ text }) => text === 'POWER=suspend\n'))
    expect(version.seen()[0]?.started).toEqual(['run', '--service-input', '--ready-json'])
    version.behave({ asksFor: '1.2.0' })
    version.touch('crash')
    // The installed program asks, the version asks, and the installed program is started again.
    await waitFor('another start', () => own.starts().length >= 3)
    own.touch('enough')
    expect((await running.ended).stdout.replaceAll('\r', '')).toMatch(STARTED_AND_ENDED)
  })

  const findsVersion = async (name: string) =>
    (await windows.runProgram('C:\\service-probe.exe', ['--find-version', name])).stdout.trim()

  onWine('starts nothing that is no version', async () => {
    expect(await findsVersion('1.2.0')).toBe('started')
    for (const name of ['', '1.2', '1.2.0.0', '1.2.0\\..', '123456.0.0', '1.2.1']) {
      expect([name, await findsVersion(name)]).toEqual([name, 'refused'])
    }
  })

  onWine('starts no version that another user could have changed', async () => {
    const data = join(windows.driveC, 'ProgramData/Surety')
    const parts = ['', 'updates', 'updates/1.2.0', 'updates/1.2.0/node.exe', 'updates/1.2.0/suretyd']
    for (const part of [...parts, 'updates/1.2.0/suretyd/suretyd.mjs']) {
      const path = join(data, part)
      const refused = async (what: string) =>
        expect([part, what, await findsVersion('1.2.0')]).toEqual([part, what, 'refused'])
      rmSync(join(data, 'updates'), { recursive: true, force: true })
      versionLayout(windows, '1.2.0')
      chmodSync(path, 0o777)
      await refused('open')
      chmodSync(path, 0o755)
      expect(await findsVersion('1.2.0')).toBe('started')
      renameSync(path, `${path}-real`)
      await refused('missing')
      // Wine does not show what is a link of Linux to a file.
      if (!/\.[a-z]+$/.test(part)) {
        symlinkSync(`${path}-real`, path)
        await refused('link')
        rmSync(path)
      }
      renameSync(`${path}-real`, path)
    }
  })

  onWine('kills a program that does not end, and one that does not even read', async () => {
    for (const behaviour of [{ ignoresEnd: true }, { readsNothing: true }]) {
      const { own, running } = start('Hangs', behaviour, Array(500).fill('13:4:0'))
      own.touch('go')
      await waitFor('ready', () => running.output().stdout.includes('state 4'))
      own.touch('enough')
      expect((await running.ended).stdout).toContain('result 0')
      expect(logged()).toContain('does not end: it is killed')
      rmSync(join(windows.driveC, 'Program Files/Hangs'), { recursive: true })
    }
  })

  onWine('gives up a start that never succeeds, with the last code and ever longer pauses', async () => {
    const { running } = start('Fails', { exitsWith: 2 })
    expect((await running.ended).stdout.replaceAll('\r', '')).toBe('logs 1\nstate 2\nresult 2\n')
    const pauses = [...logged().matchAll(/started again in (\d+) ms/g)].map(([, ms]) => Number(ms))
    expect(pauses.length).toBeGreaterThan(1)
    expect(pauses).toEqual([500, 1000, 2000, 4000].slice(0, pauses.length))
  })

  onWine('gives up a program that is never ready', async () => {
    const { running } = start('Silent', {})
    expect((await running.ended).stdout).toMatch(/state 2\r?\nresult [1-9]/)
    expect(logged()).toContain('is not ready in time')
  })

  onWine('says that the program is missing', async () => {
    const { own, running } = start('Missing', {})
    rmSync(join(windows.driveC, 'Program Files/Missing/node.exe'))
    expect((await running.ended).stdout).toContain('result 2')
    expect(logged()).toContain('suretyd cannot be started: error 2')
    expect(own.starts()).toEqual([])
  })

  onWine('keeps one old log, and begins another before it is too long', async () => {
    const { own, running } = start('Logs', {}, [], 'x'.repeat(1024 * 1024))
    own.touch('go')
    await waitFor('ready', () => running.output().stdout.includes('state 4'))
    own.touch('enough')
    await running.ended
    expect(logged('service.log.1').slice(0, 1000)).toBe('x'.repeat(1000))
    expect(logged()).toMatch(/is ready\n[\s\S]*ended with 0\n$/)
  })

  onWine('works without logs where their folder cannot be used', async () => {
    rmSync(join(windows.driveC, 'ProgramData/Surety'), { recursive: true })
    writeFileSync(join(windows.driveC, 'ProgramData/Surety'), '')
    const { own, running } = start('Mute', {})
    own.touch('go')
    await waitFor('ready', () => running.output().stdout.includes('state 4'))
    own.touch('enough')
    expect((await running.ended).stdout).toMatch(/^logs 0\r?\n[\s\S]*result 0/)
    rmSync(join(windows.driveC, 'ProgramData/Surety'))
  })
})
