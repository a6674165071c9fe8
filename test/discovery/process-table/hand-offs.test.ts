import type { HandOff } from '../../../src/discovery/matching/hand-off.ts'
import type { ProcessRecord } from '../../../src/discovery/matching/process-record.ts'
import { HandOffs } from '../../../src/discovery/process-table/hand-offs.ts'
import type { ProcessDetails, ProcessStanding } from '../../../src/system/processes/process-details.ts'
import { CLAUDE, detached, processRecord } from '../../support/processes/process-record.ts'

const NO_STANDING: ProcessStanding = {
  cgroup: undefined,
  loginUserId: undefined,
  auditSession: undefined,
  pidNamespace: undefined,
  rootMount: undefined,
  workingFolder: undefined,
}
const SYSTEMD = '/usr/lib/systemd/systemd'
const BASH = '/usr/bin/bash'
const AGENT = processRecord(100, CLAUDE, ['claude'])
const SHELL = processRecord(101, BASH, ['bash', '-c', 'x'], { parentPid: 100, forkedBy: AGENT })
const MANAGER = processRecord(20, SYSTEMD, ['systemd', '--user'], detached(20, 1))
const SYSTEM = processRecord(1, SYSTEMD, ['systemd'], { ...detached(1, 0), userId: '0' })
const ATD = processRecord(30, '/usr/sbin/atd', ['atd', '-f'], { ...detached(30, 1), userId: '0' })
const CRON = processRecord(31, '/usr/sbin/cron', ['cron', '-f'], { ...detached(31, 1), userId: '0' })

/** Groups, open files and spools as the test sets them; `claude` is an agent. */
function place() {
  const cgroups = new Map<number, string>()
  const files = new Map<number, readonly string[]>()
  /** In a mount namespace of their own. */
  const apart = new Set<number>()
  const spool = { atJobs: [] as string[], crontabs: new Set<string>(), transient: new Set<string>() }
  const details: Pick<ProcessDetails, 'standing' | 'openFiles' | 'sharesMounts'> = {
    standing: ({ pid }) => ({ ...NO_STANDING, cgroup: cgroups.get(pid) }),
    openFiles: (processes) => new Map(processes.map(({ pid }) => [pid, files.get(pid) ?? []])),
    sharesMounts: ({ pid }) => !apart.has(pid),
  }
  const handOffs = new HandOffs({
    details,
    jobFiles: {
      atJobsSince: (userId) => (userId === '1000' ? spool.atJobs : []),
      atJobOf: (path) => /^\/spool\/at\/=(.*)$/.exec(path)?.[1],
      hasCrontab: (userId) => spool.crontabs.has(userId),
      isTransientUnit: (unit) => spool.transient.has(unit),
    },
    productOf: ({ executable }) => (executable === CLAUDE ? 'claude-code' : undefined),
  })
  const kept: (readonly HandOff[])[] = []
  handOffs.keep([], (all) => kept.push(all))
  const run = (
    pid: number,
    program: string,
    argv: readonly string[] = [program],
    more: Partial<ProcessRecord> = {},
  ) => {
    const record = processRecord(pid, `/usr/bin/${program}`, argv, { parentPid: 101, forkedBy: SHELL, ...more })
    handOffs.noteExec(record)
    return record
  }
  /** As a manager starts a unit: it forks, and the executor becomes the program. */
  const startUnit = (pid: number, cgroup: string, manager: ProcessRecord = MANAGER, executable = BASH) => {
    handOffs.noteFork(manager, pid)
    cgroups.set(pid, cgroup)
    const more = { ...detached(pid, manager.pid), userId: manager.userId, forkedBy: manager }
    handOffs.noteExec(processRecord(pid, '/usr/lib/systemd/systemd-executor', ['systemd-executor'], more))
    const record = processRecord(pid, executable, ['x'], more)
    return { record, isJob: handOffs.noteExec(record) }
  }
  const find = (record: ProcessRecord, parent: ProcessRecord) => handOffs.find(record, parent)
  return { handOffs, cgroups, files, spool, apart, kept, run, startUnit, find }
}

const OF_AGENT = { product: 'claude-code', agent: { pid: 100, startTicks: 1000 } }
const unitOf = (name: string) => `/user.slice/user-1000.slice/user@1000.service/app.slice/${name}`

describe('units of systemd', () => {
  test.each([
    ['systemd-run', 'run-p102-i5.service'],
    // By its number in a container.
    ['systemd-run', 'run-p7-i5.service'],
    ['systemd-run', 'run-u17.service'],
    ['systemd-run', 'run-r0123456789abcdef.service'],
    ['systemctl', 'sync.service'],
    ['busctl', 'anything.service'],
  ])('what begins while %s runs belongs to its agent: %s', (program, unit) => {
    const { run, startUnit, find } = place()
    run(102, program)
    const { record, isJob } = startUnit(200, unitOf(unit))
    expect(isJob).toBe(true)
    expect(find(record, MANAGER)).toEqual(expect.objectContaining({ ...OF_AGENT, to: 'systemd', userId: '1000' }))
  })

  test('what begins after that, for another user, or by another parent does not', () => {
    const { run, startUnit, handOffs, find } = place()
    run(102, 'systemctl')
    const other = { ...MANAGER, pid: 21, userId: '1001' }
    expect(startUnit(200, '/user.slice/user-1001.slice/user@1001.service/a.service', other).isJob).toBe(false)
    handOffs.noteEnd(102)
    const { record, isJob } = startUnit(201, unitOf('later.service'))
    expect(isJob).toBe(false)
    expect(find(record, SHELL)).toBeUndefined()
  })

  test('the end of a program that asks is assumed when events are lost', () => {
    const { run, startUnit, handOffs } = place()
    run(102, 'systemctl')
    handOffs.noteLost()
    expect(startUnit(200, unitOf('a.service')).isJob).toBe(false)
  })

  test("asks nothing of a program outside an agent, of another name or of a user's own", () => {
    const { run, startUnit } = place()
    run(102, 'systemctl', ['systemctl'], { forkedBy: processRecord(60, BASH, ['bash']) })
    run(103, 'systemctl-like')
    run(104, 'systemctl', ['systemctl'], { executable: '/home/ann/bin/systemctl' })
    expect(startUnit(200, unitOf('a.service')).isJob).toBe(false)
  })

  test('a service of the system that an agent restarts is not its own', () => {
    const { run, startUnit } = place()
    run(102, 'systemctl')
    run(103, 'systemd-run', ['systemd-run', '--unit=nginx', 'x'])
    expect(startUnit(200, '/system.slice/nginx.service', SYSTEM).isJob).toBe(false)
  })

  const MINE = '/system.slice/mine.service'
  const NAMED = ['systemd-run', '--unit', 'mine', 'x']

  test('a unit that systemd-run makes in the system is, and that process only', () => {
    const { run, startUnit, spool, handOffs, find, kept } = place()
    spool.transient.add('mine.service')
    run(102, 'systemd-run', NAMED)
    const { record, isJob } = startUnit(200, MINE, SYSTEM)
    expect([isJob, find(record, SYSTEM)]).toEqual([true, expect.objectContaining(OF_AGENT)])
    handOffs.noteEnd(102)
    // Root's, by the same name.
    expect(startUnit(201, MINE, SYSTEM).isJob).toBe(false)
    const later = place()
    later.spool.transient.add('mine.service')
    later.handOffs.keep(kept.at(-1) ?? [], () => undefined)
    for (const pid of [200, 201]) later.cgroups.set(pid, MINE)
    const again = (pid: number) => processRecord(pid, BASH, ['x'], { ...detached(pid, 1), userId: '0' })
    expect([200, 201].map((pid) => later.find(again(pid), SYSTEM) !== undefined)).toEqual([true, false])
  })

  test.each<[string, readonly string[], Partial<ProcessRecord>, boolean]>([
    ['that asks the user’s manager', ['systemd-run', '--user', '--wait', '--unit=mine', 'x'], {}, false],
    ['that a user calls systemd-run', NAMED, { executable: '/home/ann/systemd-run' }, false],
    ['in a folder called bin', NAMED, { executable: '/home/ann/usr/bin/systemd-run' }, false],
    ['that is mounted over the real one', NAMED, {}, true],
    ['that names another unit', ['systemd-run', '--unit=mi', 'x'], {}, false],
    ['that asks for a unit of its own number', ['systemd-run', 'x'], {}, false],
    ['systemctl', ['systemctl', 'start', 'mine'], { executable: '/usr/bin/systemctl' }, false],
  ])('a unit of root is not a user’s by a program %s', (_, argv, more, isApart) => {
    const { run, startUnit, spool, apart } = place()
    for (const unit of ['mine', 'run-p900-i4']) spool.transient.add(`${unit}.service`)
    if (isApart) apart.add(102)
    run(102, 'systemd-run', argv, more)
    // Both begin while the request runs.
    expect(startUnit(200, MINE, SYSTEM).isJob).toBe(false)
    expect(startUnit(201, '/system.slice/run-p900-i4.service', SYSTEM).isJob).toBe(false)
  })

  test.each([
    ['a user', '1000', false],
    ['root', '0', true],
  ])('a unit of the system that is named by chance, while systemd-run of %s waits', (_, userId, isJob) => {
    const { run, startUnit, spool } = place()
    spool.transient.add('run-u17.service')
    run(102, 'systemd-run', ['systemd-run', 'x'], { forkedBy: { ...SHELL, userId } })
    expect(startUnit(200, '/system.slice/run-u17.service', SYSTEM).isJob).toBe(isJob)
  })

  test('a unit of the system that is not transient is not kept', () => {
    const { run, startUnit, kept } = place()
    run(102, 'systemd-run', NAMED)
    startUnit(200, MINE, SYSTEM)
    expect(kept.at(-1)?.some(({ process }) => process !== undefined)).toBe(false)
  })

  test('a name that only an argument gives asks nothing', () => {
    const { run, startUnit } = place()
    run(102, 'systemctl', ['systemctl'], { startedAs: '/usr/lib/ld.so' })
    expect(startUnit(200, unitOf('a.service')).isJob).toBe(false)
  })

  test('nor does it make a manager or a program of the session', () => {
    const { run, startUnit, find } = place()
    run(102, 'systemctl')
    expect(startUnit(200, unitOf('a.service'), { ...MANAGER, startedAs: '/usr/lib/ld.so' }).isJob).toBe(false)
    const { record } = startUnit(201, unitOf('b.service'))
    const called = { ...record, executable: '/usr/bin/gnome-shell', startedAs: '/usr/lib/ld.so' }
    expect(find(called, MANAGER)).toMatchObject(OF_AGENT)
  })

  test('what an agent of root names in the system is its own later, too', () => {
    const { run, startUnit, spool, handOffs } = place()
    spool.transient.add('mine.service')
    run(102, 'systemd-run', NAMED, { forkedBy: { ...SHELL, userId: '0' } })
    handOffs.noteEnd(102)
    expect(startUnit(200, MINE, SYSTEM).isJob).toBe(true)
  })

  test.each([
    ['--unit=backup', 'backup.service'],
    ['--unit=backup.timer', 'backup.service'],
    ['-qu', 'backup.service'],
    ['', 'run-p102-i99.service'],
  ])('a timer starts it after systemd-run has ended: %s', (option, unit) => {
    const { run, startUnit, handOffs } = place()
    run(102, 'systemd-run', ['systemd-run', '--user', option, 'backup', '--on-active=20', 'x'])
    handOffs.noteEnd(102)
    expect(startUnit(200, unitOf(unit)).isJob).toBe(true)
    expect(startUnit(201, unitOf('other.service')).isJob).toBe(false)
  })

  test('is known again in the quarantine, and by a later run', () => {
    const { run, startUnit, cgroups, kept } = place()
    run(102, 'systemctl')
    startUnit(200, unitOf('sync.service'))
    const later = place()
    later.handOffs.keep(kept.at(-1) ?? [], () => undefined)
    const frozen = processRecord(200, BASH, ['x'], detached(200, 20))
    cgroups.clear()
    later.cgroups.set(
      200,
      '/surety.quarantine/0/0123/@user.slice|user-1000.slice|user@1000.service|app.slice|sync.service',
    )
    expect(later.find(frozen, MANAGER)).toEqual(expect.objectContaining(OF_AGENT))
  })

  test.each(['/usr/bin/gnome-shell', '/usr/bin/dbus-daemon', SYSTEMD])('never a program of the session: %s', (path) => {
    const { run, startUnit } = place()
    run(102, 'systemctl')
    expect(startUnit(200, unitOf('session.service'), MANAGER, path).isJob).toBe(false)
  })
})

describe('jobs of at', () => {
  const job = (pid: number) => processRecord(pid, '/usr/bin/dash', ['sh'], { ...detached(pid, 30), forkedBy: ATD })

  test('the files that were made while it ran name them', () => {
    const { run, handOffs, spool, files } = place()
    // It becomes the user `daemon` as it starts.
    run(102, 'at', ['at', 'now'], { userId: '1' })
    spool.atJobs.push('0000101c8bbd4')
    handOffs.noteEnd(102)
    files.set(300, ['/spool/at/=0000101c8bbd4'])
    files.set(301, ['/spool/at/=0000201c8bbd4', '/tmp/=0000101c8bbd4'])
    expect([handOffs.noteExec(job(300)), handOffs.noteExec(job(301))]).toEqual([true, false])
  })

  test('what it wrote is known when events are lost before its end', () => {
    const { run, handOffs, spool, files } = place()
    run(102, 'at')
    spool.atJobs.push('0000101c8bbd4')
    handOffs.noteLost()
    files.set(300, ['/spool/at/=0000101c8bbd4'])
    expect(handOffs.noteExec(job(300))).toBe(true)
  })

  test('a file that another program holds open makes it no job', () => {
    const { run, handOffs, spool, files, find } = place()
    run(102, 'at')
    spool.atJobs.push('0000101c8bbd4')
    handOffs.noteEnd(102)
    files.set(300, ['/spool/at/=0000101c8bbd4'])
    expect(find(job(300), SHELL)).toBeUndefined()
  })
})

describe('crontabs', () => {
  const job = (pid: number, userId = '1000') =>
    processRecord(pid, '/usr/bin/dash', ['sh', '-c', 'x'], { ...detached(pid, 31), userId, forkedBy: CRON })

  test('all jobs of one that an agent wrote are of the agent, while there is one', () => {
    const { run, handOffs, spool, find } = place()
    spool.crontabs.add('1000').add('1001')
    run(102, 'crontab', ['crontab', '-'])
    handOffs.noteEnd(102)
    expect([handOffs.noteExec(job(300)), handOffs.noteExec(job(301, '1001'))]).toEqual([true, false])
    spool.crontabs.clear()
    expect(find(job(302), CRON)).toBeUndefined()
  })

  test('one that was only listed is not', () => {
    const { run, handOffs, kept } = place()
    run(102, 'crontab', ['crontab', '-l'])
    handOffs.noteEnd(102)
    expect(handOffs.noteExec(job(300))).toBe(false)
    expect(kept).toEqual([])
  })
})

test('a program that asks is seen although very many others wait', () => {
  const { run, startUnit } = place()
  for (let pid = 1_000; pid < 2_000; pid++) run(pid, 'busctl')
  run(2_000, 'systemctl')
  expect(startUnit(200, unitOf('sync.service')).isJob).toBe(true)
})

test('a thousand are kept, the latest of them, and one of a name', () => {
  const { run, kept } = place()
  for (let pid = 600; pid < 1_700; pid++) run(pid, 'systemd-run', ['systemd-run', 'x'])
  run(1_699, 'systemd-run', ['systemd-run', 'x'])
  const jobs = kept.at(-1)?.map(({ job, userId }) => `${job} ${userId}`) ?? []
  expect([jobs.length, new Set(jobs).size, jobs.includes('run-p1699-* 1000')]).toEqual([1_000, 1_000, true])
})
