import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { type TerminalProcess, terminalLine } from '../../../src/system/enforcement/terminal-line.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

const SCRIPT = '/usr/bin/script'
const ADDON = join(import.meta.dirname, '../../../native/build/surety-native.node')
const missing = existsSync(SCRIPT) && existsSync(ADDON) ? undefined : 'script(1) and the native addon'
if (missing !== undefined) process.stderr.write(`skipped: lines on terminals need ${missing}\n`)
const atTerminal = missing === undefined ? test : test.skip

const table = linuxProcesses({ addon: undefined })
const SIGNAL = { signal: new AbortController().signal }
/** A full-screen program: it reads keys, and says which size it paints for. */
const PAINTER = [
  'process.stdin.setRawMode(true)',
  'process.stdout.on("resize", () => process.stdout.write("[" + process.stdout.rows + " rows]"))',
  'setInterval(() => {}, 1000)',
  'process.stdout.write("[painting]")',
].join(';')

interface AtTerminal extends AsyncDisposable {
  readonly process: TerminalProcess
  out(): string
  type(keys: string): void
}

/** Runs a program in a terminal of 10 rows and 40 columns. */
async function runAtTerminal(command: string): Promise<AtTerminal> {
  const line = `stty columns 40 rows 10; echo "pid $$."; exec ${command}`
  const child = spawn(SCRIPT, ['--quiet', '--flush', '--command', line, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  let out = ''
  child.stdout.on('data', (bytes) => {
    out += bytes
  })
  const pid = await waitFor('its pid', () => Number(/pid (\d+)\./.exec(out)?.[1] ?? 0) || undefined)
  return {
    process: identityOf(pid),
    out: () => out.replaceAll('\x1b', 'ESC'),
    type: (keys) => child.stdin.write(keys),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function identityOf(pid: number): TerminalProcess {
  return { pid, startTicks: table.entry(pid)?.startTicks ?? 0 }
}

const lines = () => terminalLine({ clock: systemClock })

atTerminal('a program that writes lines gets a line of its own', async () => {
  await using at = await runAtTerminal('sleep 1000')
  expect(lines().show([at.process], 'stopped by\u001b[31m Ada\nin a hurry')).toBe(1)
  const line = '\r\nstopped by\\x1b[31m Ada\\nin a hurry\r\n'
  await waitFor('the line', () => at.out().includes(line), { show: at.out })
  await lines().restore([at.process], SIGNAL)
  expect(at.out().endsWith(line)).toBe(true)
})

atTerminal('a full-screen program gives up the bottom row, and repaints once it is restored', async () => {
  await using at = await runAtTerminal(`${process.execPath} -e '${PAINTER}'`)
  await waitFor('its picture', () => at.out().includes('[painting]'), { show: at.out })
  expect(lines().show([at.process], `stopped: ${'long '.repeat(20)}`)).toBe(1)
  await waitFor('the row', () => at.out().includes('stopped'), { show: at.out })
  const [, row] = /ESC7ESC\[10;1HESC\[0;7mESC\[2K(.*)ESC\[0mESC8/.exec(at.out()) ?? []
  expect(row).toBe(`stopped: ${'long '.repeat(20)}`.slice(0, 39))
  await lines().restore([at.process], SIGNAL)
  await waitFor('both sizes', () => /\[9 rows\].*\[10 rows\]/s.test(at.out()), { show: at.out })
  expect(at.out()).toContain('ESC7ESC[10;1HESC[2KESC8')
})

atTerminal('wide characters are cut before the edge', async () => {
  await using at = await runAtTerminal(`${process.execPath} -e '${PAINTER}'`)
  await waitFor('its picture', () => at.out().includes('[painting]'), { show: at.out })
  lines().show([at.process], '停'.repeat(100))
  await waitFor('the row', () => at.out().includes('停ESC[0m'), { show: at.out })
  expect(at.out().match(/停/g)).toHaveLength(19)
})

atTerminal('all processes of one terminal get one line, and other processes none', async () => {
  await using at = await runAtTerminal(`sh -c 'sleep 1000 & echo "child $!."; wait'`)
  const child = await waitFor('its child', () => Number(/child (\d+)\./.exec(at.out())?.[1] ?? 0) || undefined)
  const without = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' })
  try {
    const others = [identityOf(without.pid ?? 0), { pid: 2 ** 22 + 1, startTicks: 1 }]
    expect(lines().show([at.process, identityOf(child), ...others], 'stopped')).toBe(1)
    expect(lines().show(others, 'stopped')).toBe(0)
    // Another process has its pid by now.
    expect(lines().show([{ ...at.process, startTicks: at.process.startTicks + 1 }], 'wrong')).toBe(0)
    await waitFor('the line', () => at.out().includes('stopped'))
    expect(at.out().match(/stopped/g)).toHaveLength(1)
  } finally {
    without.kill('SIGKILL')
  }
})

atTerminal('a terminal that takes nothing is not waited for', async () => {
  await using at = await runAtTerminal('sleep 1000')
  at.type('\u0013')
  await waitFor('a line that is refused', () => lines().show([at.process], 'x'.repeat(4_000)) === 0)
})

atTerminal('what is no terminal is not written to', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'output')
  writeFileSync(file, '')
  await using at = await runAtTerminal(`sleep 1000 > ${file} 2>&1 < ${file}`)
  await waitFor('its exec', () => table.entry(at.process.pid)?.comm === 'sleep')
  expect(lines().show([at.process], 'stopped')).toBe(0)
})
