import { execFileSync } from 'node:child_process'
import { release } from 'node:os'
import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { refusedRight } from '../../../../../src/base/refused-right.ts'
import { linuxProcessEvents } from '../../../../../src/system/processes/linux/process-events.ts'
import { codeThrown } from '../../../../support/code-thrown.ts'
import { hasFilter, IS_ROOT, watching } from './watched-processes.ts'

const SOURCE = resolve(import.meta.dirname, '../../../../../src/system')
const whenRoot = IS_ROOT ? test : test.skip

/** Runs 200 programs one after the other. */
function runMany(): readonly number[] {
  const script = 'i=0; while [ $i -lt 200 ]; do /bin/sh -c "echo \\$\\$"; i=$((i+1)); done'
  return execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).trim().split('\n').map(Number)
}

whenRoot.each([release(), '6.1.0-28-amd64'])(
  'reports starts and ends of all programs in order, on a kernel named %s',
  async (name) => {
    using watch = watching({ release: name })
    const pids = runMany()
    const last = pids.at(-1)
    await watch.until(() => watch.events.some(({ kind, pid }) => kind === 'exit' && pid === last))
    const kindsOf = (wanted: number) => watch.events.filter(({ pid }) => pid === wanted).map(({ kind }) => kind)
    expect(new Set(pids.map((pid) => kindsOf(pid).join()))).toEqual(new Set(['fork,exec,exit']))
    expect(watch.state.lost).toBe(false)
  },
)

whenRoot('a fork names its parent; a new session is reported, and a thread is not', async () => {
  using watch = watching()
  const output = execFileSync('/bin/sh', ['-c', 'echo $$; /usr/bin/setsid /bin/sh -c "echo \\$\\$; exit 0"'], {
    encoding: 'utf8',
  })
  const [shell = 0, child = 0] = output.trim().split('\n').map(Number)
  await new Promise((resolve) => new Worker('0', { eval: true }).on('exit', resolve))
  await watch.until(() => watch.events.some(({ kind, pid }) => kind === 'exit' && pid === shell))
  const told = watch.events.filter(({ pid }) => pid === child)
  expect(told.map(({ kind, pid, parentPid }) => ({ kind, pid, parentPid }))).toEqual([
    { kind: 'fork', pid: child, parentPid: shell },
    { kind: 'exec', pid: child },
    { kind: 'session', pid: child },
    { kind: 'exec', pid: child },
    { kind: 'exit', pid: child },
  ])
  expect(watch.events.filter(({ pid, kind }) => pid === process.pid && kind !== 'fork')).toEqual([])
})

whenRoot.each([
  ['a PID namespace of our own', ['--pid', '--fork', '--mount-proc']],
  ['a user namespace of our own', ['--user', '--map-root-user']],
])('%s gets no events, and an error that names the reason', (_, namespaces) => {
  const say = `
    import { linuxProcessEvents } from ${JSON.stringify(`${SOURCE}/processes/linux/process-events.ts`)}
    import { loadNativeAddon } from ${JSON.stringify(`${SOURCE}/native/native-addon.ts`)}
    const source = linuxProcessEvents({ addon: loadNativeAddon() }, { release: '6.12.0' })
    try {
      source.watch(['fork'], () => undefined)
    } catch ({ code }) {
      console.log(code)
    }`
  const args = [...namespaces, process.execPath, '--input-type=module', '-e', say]
  expect(execFileSync('/usr/bin/unshare', args, { encoding: 'utf8' })).toBe('NOT_PERMITTED\n')
})

whenRoot.each([release(), '6.1.0-28-amd64'])(
  'reports no events of kinds that were not asked for (%s)',
  async (name) => {
    using watch = watching({ release: name, kinds: ['exit'] })
    const pids = runMany()
    await watch.until(() => watch.events.some(({ pid }) => pid === pids.at(-1)))
    expect(new Set(watch.events.map(({ kind }) => kind))).toEqual(new Set(['exit']))
  },
)

whenRoot('reports events that the kernel dropped as lost, and continues with later ones', async () => {
  // Room for two or three.
  using watch = watching({ receiveBytes: 1 })
  await watch.until(() => {
    runMany()
    return watch.state.lost
  })
  // So little room that on a busy machine some are lost again.
  const ran = new Set<number>()
  await watch.until(() => {
    ran.add(Number(execFileSync('/bin/sh', ['-c', 'echo $$'], { encoding: 'utf8' })))
    return watch.events.some(({ kind, pid }) => kind === 'exit' && ran.has(pid))
  })
})

whenRoot('reports nothing after its end, and may be ended twice', async () => {
  const watch = watching()
  watch[Symbol.dispose]()
  watch[Symbol.dispose]()
  using other = watching()
  const pids = runMany()
  await other.until(() => other.events.some(({ kind, pid }) => kind === 'exit' && pid === pids.at(-1)))
  expect(watch.events).toEqual([])
})

// Linux 6.6 began to report to ordinary users; later releases of 6.18 refuse them again.
whenRoot('reports to an ordinary user, or refuses with a code', () => {
  const script = `
    import { linuxProcessEvents } from '${import.meta.dirname}/../../../../../src/system/processes/linux/process-events.ts'
    import { loadNativeAddon } from '${import.meta.dirname}/../../../../../src/system/native/native-addon.ts'
    const addon = loadNativeAddon()
    process.setgid(65534)
    process.setuid(65534)
    try {
      linuxProcessEvents({ addon }, { release: '${release()}' }).watch(['exec'], () => undefined)
      console.log('reports')
    } catch (error) {
      console.log(error.code)
    }
  `
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  const answers = hasFilter(release()) ? ['reports', 'NOT_PERMITTED'] : ['NOT_PERMITTED']
  expect(answers).toContain(output.trim())
})

test.each<[string, string, string]>([
  [
    'Operation not permitted',
    'NOT_PERMITTED',
    refusedRight('follow processes as they start', 'CAP_NET_ADMIN', process.geteuid?.()),
  ],
  ['Protocol not supported', 'ADDON_UNAVAILABLE', 'this kernel has no process connector'],
])('a kernel that says %s', async (message, code, words) => {
  const watchProcesses = () => {
    throw new Error(message)
  }
  const watch = () =>
    linuxProcessEvents({ addon: { watchProcesses } }, { release: '6.12.0' }).watch(['exec'], () => undefined)
  expect(await codeThrown(watch)).toBe(code)
  expect(watch).toThrow(words)
})
