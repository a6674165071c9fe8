import { createInterface } from 'node:readline'
import { isatty } from 'node:tty'

/** True if a person can read standard error and answer on standard input. */
export function canAsk(): boolean {
  return isatty(0) && isatty(2)
}

/**
 * Asks on standard error and reads one line of standard input. The terminal keeps its line mode: Ctrl-C ends the program as usual.
 *
 * @returns an empty line at the end of input.
 */
export function askTerminal(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, terminal: false })
  return new Promise((resolve) => {
    const answered = (line: string) => {
      lines.removeAllListeners()
      lines.close()
      resolve(line)
    }
    lines.once('line', answered).once('close', () => answered(''))
    process.stderr.write(question)
  })
}
