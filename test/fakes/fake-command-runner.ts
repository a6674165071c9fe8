import { type ErrorCode, SuretyError } from '../../src/base/errors.ts'
import type { CommandOutput, CommandRunner } from '../../src/system/command-runner.ts'

/** What a command line of the fake gives: its standard output, its whole output, or an error. */
export type FakeAnswer = string | CommandOutput | { readonly fails: ErrorCode }

/** Answers by command line: `nft -j list ruleset`. What it does not know is absent. */
export class FakeCommandRunner implements CommandRunner {
  readonly #answers: Readonly<Record<string, FakeAnswer>>
  /** Command lines in the order in which they were asked for. */
  readonly ran: string[] = []

  constructor(answers: Readonly<Record<string, FakeAnswer>> = {}) {
    this.#answers = answers
  }

  async run(...[command, args, { signal }]: Parameters<CommandRunner['run']>): Promise<CommandOutput> {
    signal?.throwIfAborted()
    const line = [command, ...args].join(' ')
    this.ran.push(line)
    const answer = this.#answers[line]
    if (answer === undefined) throw new SuretyError('COMMAND_ABSENT', `${command} is not installed`)
    if (typeof answer === 'string') return { exitCode: 0, stdout: answer, stderr: '' }
    if ('fails' in answer) throw new SuretyError(answer.fails, `${command}: ${answer.fails}`)
    return answer
  }
}
