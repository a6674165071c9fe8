import { Argument, type Command } from 'commander'
import { type Candidate, candidatesFor, type ValuesOf } from './completion.ts'
import { completionScript, SHELLS, type Shell } from './completion-scripts.ts'
import { exampleLines, type ProgramOutput, UNCHECKED } from './program.ts'

/** `completion bash|zsh|fish`, and what the scripts ask: `__complete -- WORD …`. */
export function addCompletionCommands(program: Command, { out }: Pick<ProgramOutput, 'out'>, valuesOf: ValuesOf): void {
  const name = program.name()
  program
    .command('completion')
    .description('print a script that completes commands, options and ids in your shell')
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .addHelpText(
      'after',
      exampleLines([
        `source <(${name} completion bash)`,
        `${name} completion zsh > ~/.zfunc/_${name}`,
        `${name} completion fish > ~/.config/fish/completions/${name}.fish`,
      ]),
    )
    .action((shell: Shell) => out(completionScript(shell, name)))
  program
    .command(UNCHECKED, { hidden: true })
    .argument('[words...]')
    .action(async (words: readonly string[]) => {
      // A shell shows nothing better than an error in the middle of a line.
      const found = await candidatesFor(program, words, valuesOf).catch((): readonly Candidate[] => [])
      out(found.map(({ word, about = '' }) => `${word}\t${oneLine(about)}\n`).join(''))
    })
}

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not reach a terminal
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 120)
}
