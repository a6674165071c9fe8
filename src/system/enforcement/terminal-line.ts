import { closeSync, readFileSync, writeSync } from 'node:fs'
import type { Clock } from '../../base/clock.ts'
import { printable } from '../../base/text/printable.ts'
import { loadAddon } from '../native/native-addon.ts'

/** One line on the terminals of stopped processes, for the person who sits there. */
export interface TerminalLine {
  /**
   * Writes it once on each terminal. A full-screen program gets it in the bottom row, anything else as a line of its own.
   *
   * @param text of any origin: control characters are escaped, and it is cut at the width of the terminal.
   * @returns on how many terminals. A terminal that takes no text now, such as one after Ctrl-S, is left out.
   */
  show(processes: readonly TerminalProcess[], text: string): number
  /**
   * After they were released: clears the bottom row and has full-screen programs paint again. They see a terminal of one row less
   * for a moment, because many do not paint for the same size.
   */
  restore(processes: readonly TerminalProcess[], options: { signal: AbortSignal }): Promise<void>
}

export interface TerminalProcess {
  readonly pid: number
  readonly startTicks: number
}

/** In `native/linux/addon/enforcement/terminal.c`. */
interface TerminalAddon {
  openTerminal(pid: number, startTicks: number): number
  readTerminal(fd: number, numbers: Int32Array): void
  setTerminalRows(fd: number, numbers: Int32Array): void
}

interface Terminal extends Disposable {
  readonly fd: number
  readonly rows: number
  readonly columns: number
  /** Then it also adds what is missing at the end of a line. */
  readonly readsLines: boolean
  /** One of these processes is a full-screen program on it: it reads keys and paints the screen itself. */
  readonly isPainted: boolean
}

const [SAVE, RESTORE, REVERSE, PLAIN, CLEAR] = ['\x1b7', '\x1b8', '\x1b[0;7m', '\x1b[0m', '\x1b[2K']
/** How long the smaller size stays, so that programs can run and read it. */
const SMALLER_MS = 150

/** @throws `ADDON_UNAVAILABLE`. */
export function terminalLine(components: { readonly clock: Pick<Clock, 'sleep'> }): TerminalLine {
  const addon = loadAddon<TerminalAddon>(['openTerminal', 'readTerminal', 'setTerminalRows'])
  return {
    show(processes, text) {
      let shown = 0
      for (const open of terminalsOf(processes)) {
        using terminal = open(addon)
        if (terminal !== undefined && write(terminal, lineFor(terminal, text))) shown++
      }
      return shown
    },
    async restore(processes, options) {
      const restored = terminalsOf(processes).map(async (open) => {
        using terminal = open(addon)
        if (terminal?.isPainted !== true) return
        write(terminal, `${SAVE}${bottomRow(terminal)}${CLEAR}${RESTORE}`)
        await paintAnew(addon, terminal, () => components.clock.sleep(SMALLER_MS, options))
      })
      await Promise.all(restored)
    },
  }
}

function lineFor(terminal: Terminal, text: string): string {
  const { columns, isPainted, readsLines } = terminal
  const line = printable(text)
  const end = readsLines ? '\n' : '\r\n'
  if (!isPainted) return `${end}${line}${end}`
  const clipped = clip(line, columns - 1)
  return `${SAVE}${bottomRow(terminal)}${REVERSE}${CLEAR}${clipped}${PLAIN}${RESTORE}`
}

function bottomRow({ rows }: Terminal): string {
  return `\x1b[${rows};1H`
}

/** Counts a character outside of ASCII as two columns: a text cut too short is better than a second row. */
function clip(text: string, columns: number): string {
  let [clipped, used] = ['', 0]
  for (const character of text) {
    used += character > '~' ? 2 : 1
    if (used > columns) return clipped
    clipped += character
  }
  return clipped
}

function write({ fd }: Terminal, text: string): boolean {
  const bytes = Buffer.from(text)
  try {
    return writeSync(fd, bytes) === bytes.length
  } catch {
    // It takes no text now, or its other end is closed.
    return false
  }
}

async function paintAnew(addon: TerminalAddon, { fd, rows }: Terminal, pause: () => Promise<void>): Promise<void> {
  if (rows < 2) return
  const setRows = (from: number, to: number) => {
    try {
      const numbers = new Int32Array(3)
      addon.readTerminal(fd, numbers)
      // If the size is another one by now, a person has changed it.
      if (numbers[0] === from) addon.setTerminalRows(fd, numbers.fill(to, 0, 1))
    } catch {
      // its other end is closed
    }
  }
  setRows(rows, rows - 1)
  try {
    await pause()
  } finally {
    setRows(rows - 1, rows)
  }
}

interface Candidate {
  readonly process: TerminalProcess
  readonly tty: number
  readonly isForeground: boolean
}

/** One opener for each terminal. Those in the foreground come first: what is written depends on them. */
function terminalsOf(processes: readonly TerminalProcess[]) {
  const byTty = new Map<number, Candidate[]>()
  for (const process of processes) {
    const candidate = candidateOf(process)
    if (candidate !== undefined) byTty.set(candidate.tty, [...(byTty.get(candidate.tty) ?? []), candidate])
  }
  return [...byTty.values()].map((candidates) => (addon: TerminalAddon) => openFirst(addon, candidates))
}

/** See proc_pid_stat(5): state, parent, group, session, terminal, group in the foreground. */
function candidateOf(process: TerminalProcess): Candidate | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${process.pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [, , group, , tty, foreground] = fields.map(Number)
  if (tty === undefined || tty === 0 || Number.isNaN(tty)) return undefined
  return { process, tty, isForeground: group === foreground }
}

function openFirst(addon: TerminalAddon, candidates: readonly Candidate[]): Terminal | undefined {
  const isForeground = candidates.some((each) => each.isForeground)
  for (const { process } of candidates) {
    const fd = addon.openTerminal(process.pid, process.startTicks)
    if (fd < 0) continue
    const close = () => closeSync(fd)
    try {
      const numbers = new Int32Array(3)
      addon.readTerminal(fd, numbers)
      const [rows = 0, columns = 0, lines = 0] = numbers
      const readsLines = lines !== 0
      const isPainted = isForeground && !readsLines && rows > 0 && columns > 1
      return { fd, rows, columns, readsLines, isPainted, [Symbol.dispose]: close }
    } catch {
      close()
    }
  }
  return undefined
}
