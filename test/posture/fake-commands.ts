import { SuretyError } from '../../src/base/errors.ts'
import type { AllowedCommand } from '../../src/system/program/allowed-commands.ts'
import type { CommandOutput, CommandRunner } from '../../src/system/program/command-runner.ts'

/** What a program answers: to all arguments, or as a function of them. */
export type Answer = Partial<CommandOutput> | ((args: readonly string[]) => Partial<CommandOutput>)

/** Programs that are not named are not installed. */
export function fakeCommands(answers: Partial<Record<AllowedCommand, Answer>>): CommandRunner {
  return {
    async run(command, args) {
      const answer = answers[command]
      if (answer === undefined) throw new SuretyError('COMMAND_ABSENT', `${command} is not installed`)
      const output = typeof answer === 'function' ? answer(args) : answer
      return { exitCode: 0, stdout: '', stderr: '', ...output }
    },
  }
}
