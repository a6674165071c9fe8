import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LINUX_CHECKS } from '../../src/posture/linux/checks.ts'
import { collectPosture } from '../../src/posture/posture.ts'
import { ALLOWED_COMMANDS } from '../../src/system/program/allowed-commands.ts'
import { commandRunner } from '../../src/system/program/command.ts'
import type { CommandRunner } from '../../src/system/program/command-runner.ts'
import { machine } from '../posture/fake-components.ts'
import { codeThrown } from '../support/code-thrown.ts'
import { scaledMs } from '../support/machine-speed.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { compileHostileProgram, sayMissing } from './hostile-program.ts'

/** Programs the daemon runs, behaving as badly as programs can. */

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const signal = new AbortController().signal

/** Runs `script` in place of an allowed program; it writes the pids to look for into `pids`. */
async function misbehave(script: string, options: { timeoutMs?: number; maxOutputBytes?: number } = {}) {
  const pids = join(folder.path, `pids-${process.hrtime.bigint()}`)
  const runner = commandRunner({ paths: { nft: ['/bin/sh'] } })
  const code = await codeThrown(() =>
    runner.run('nft', ['-c', `echo $$ >>${pids}; ${script}`, pids], {
      timeoutMs: scaledMs(1_000, { times: 5 }),
      maxOutputBytes: 100_000,
      ...options,
    }),
  )
  const written = existsSync(pids) ? readFileSync(pids, 'utf8').trim().split('\n').map(Number) : []
  return { code, pids: written }
}

function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

async function allGone(pids: readonly number[]): Promise<void> {
  await waitFor('their ends', () => pids.filter(isAlive), { until: (alive) => alive.length === 0 })
}

test.each<[string, string, string]>([
  ['closes its output and lives', 'exec >&- 2>&-; exec sleep 1000', 'COMMAND_TIMED_OUT'],
  ['ignores every signal it can', "trap '' TERM INT HUP QUIT PIPE; while :; do sleep 1; done", 'COMMAND_TIMED_OUT'],
  ['stops itself', 'kill -STOP $$', 'COMMAND_TIMED_OUT'],
  ['floods standard error and never ends', 'yes >&2', 'COMMAND_OUTPUT_TOO_LARGE'],
  ['writes without end and no line', 'cat /dev/zero', 'COMMAND_OUTPUT_TOO_LARGE'],
  ['writes a little for ever', 'while :; do echo x; sleep 0.05; done', 'COMMAND_TIMED_OUT'],
  [
    'leaves a crowd behind that holds its pipes',
    'for n in 1 2 3 4 5 6 7 8; do sh -c "echo \\$\\$ >>$0; exec sleep 1000" & done; wait',
    'COMMAND_TIMED_OUT',
  ],
])('a program that %s is killed with its whole group', async (_, script, code) => {
  const seen = await misbehave(script)
  expect(seen.code).toBe(code)
  expect(seen.pids.length).toBeGreaterThan(0)
  await allGone(seen.pids)
})

test("a forked daemon that holds a program's pipes delays none past the deadline", async () => {
  const seen = await misbehave('/usr/bin/setsid sh -c "echo \\$\\$ >>$0; exec sleep 1000" & sleep 0.1; exit 0')
  expect([seen.code, seen.pids.length]).toEqual(['COMMAND_TIMED_OUT', 2])
  const [, left = 0] = seen.pids
  process.kill(left, 'SIGKILL')
})

const compiled = process.geteuid?.() === 0 ? compileHostileProgram(folder.path) : { missing: 'root' }
if ('missing' in compiled) sayMissing('a program that the kernel does not let go', compiled.missing)
const hostile = 'missing' in compiled ? undefined : compiled

;(hostile === undefined ? test.skip : test)(
  'gives up a program that survives a kill, and starts no second one beside it',
  async () => {
    const place = join(folder.path, 'dead')
    mkdirSync(place)
    chmodSync(folder.path, 0o755)
    await using server = await hostile?.start('hang', place, 'read')
    const runner = commandRunner({ paths: { zfs: ['/bin/ls'], ufw: ['/bin/echo'] } })
    const list = () => codeThrown(() => runner.run('zfs', [place], { timeoutMs: 300 }))
    expect(await list()).toBe('COMMAND_TIMED_OUT')
    const said = async () => {
      try {
        return (await runner.run('zfs', [place], { timeoutMs: 300 })).exitCode
      } catch (error) {
        return String(error)
      }
    }
    await waitFor('a refusal', said, {
      until: (answer) => String(answer).includes('an earlier zfs still hangs'),
      everyMs: 100,
    })
    const before = hangingChildren()
    await list()
    expect(hangingChildren()).toBe(before)
    // Others are run as ever.
    expect((await runner.run('ufw', ['hello'], { timeoutMs: scaledMs(60_000) })).stdout).toBe('hello\n')
    await server?.finish()
    await waitFor('an answer', said, { until: (answer) => typeof answer !== 'string', everyMs: 50 })
  },
)

/** Children of this process in the state that no signal ends. */
function hangingChildren(): number {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return state === 'D' && Number(parent) === process.pid
    } catch {
      return false
    }
  }).length
}

test('every program is named by an absolute path in a folder of the system', () => {
  const paths = Object.values(ALLOWED_COMMANDS).flat()
  expect(
    paths.filter((path) => !/^\/(?:(?:usr\/)?s?bin|usr\/libexec(?:\/ApplicationFirewall)?)\/[a-z-]+$/.test(path)),
  ).toEqual([])
})

test('no text that is found on a device becomes an argument', async () => {
  const found = 'canary;$(id)'
  const asked: string[] = []
  const commands: CommandRunner = {
    async run(command, args) {
      asked.push(command, ...args)
      // Whatever is asked says more of the same.
      return { exitCode: 0, stdout: `${found}\t${found} ${found}=${found}\n`.repeat(3), stderr: found }
    },
  }
  const tree = {
    '/etc/passwd': `${found}:x:1000:1000::/home/${found}:/bin/sh\n`,
    '/etc/group': `sudo:x:27:${found}\n`,
    '/etc/os-release': `ID=debian\nVERSION_ID="${found}"\nPRETTY_NAME="${found}"\n`,
    '/etc/ssh/sshd_config': `Include /etc/${found}\nMatch User ${found}\nPermitRootLogin ${found}\n`,
    '/etc/apt/apt.conf.d/99x': `APT::Periodic::${found} "${found}";\n`,
    '/etc/debian_version': '13.1\n',
    '/proc/self/mountinfo': `22 1 254:0 / / rw - zfs ${found}/${found} rw\n23 1 254:1 / /${found} rw - ext4 /dev/mapper/${found} rw\n`,
    '/proc/swaps': `Filename Type Size Used Priority\n/dev/${found} partition 1 0 -2\n`,
    '/usr/bin/apt-get': '',
    '/usr/bin/systemctl': '',
    '/run/systemd/system/x': '',
  }
  const components = machine(tree, {}, { commands })
  await collectPosture(LINUX_CHECKS, components, { checkTimeoutMs: 5_000 }, { signal })
  expect(asked.filter((text) => text.includes('canary'))).toEqual([])
  expect(asked.length).toBeGreaterThan(4)
})
