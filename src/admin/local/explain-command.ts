import type { Command } from 'commander'
import { explainCode, explainedLines } from '../../command-line/explain-code.ts'
import { exampleLines } from '../../command-line/program.ts'
import { answer, type CommandComponents, type CommonOptions } from '../command/command-line.ts'

/** `surety-directory explain CODE`: needs neither directory nor profile. */
export function addExplainCommand(program: Command, components: CommandComponents): void {
  program
    .command('explain')
    .description('explain an error code: what it means, and what to do')
    .argument('<code>', 'as errors end in it: TIER_TOO_LOW')
    .option('--json', 'one JSON document instead of words')
    .addHelpText(
      'after',
      exampleLines('surety-directory explain TIER_TOO_LOW', 'surety-directory explain CONFLICT --json'),
    )
    .action((code: string, options: CommonOptions) => {
      const explained = explainCode(code)
      answer(components, options, { schema: 'surety-directory/error-explanation@1', ...explained }, () =>
        explainedLines(explained, components.terminal),
      )
    })
}
