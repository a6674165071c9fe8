import { Argument, type Command } from 'commander'
import { type Candidate, candidatesFor, type ValuesOf } from './completion.ts'
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
      exampleLines(
        `source <(${name} completion bash)`,
        `${name} completion zsh > ~/.zfunc/_${name}`,
        `${name} completion fish > ~/.config/fish/completions/${name}.fish`,
      ),
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

/** What a shell loads. Each asks the program itself, so that it never grows old. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

export function completionScript(shell: Shell, program: string): string {
  return SCRIPTS[shell](program, `_${program.replaceAll('-', '_')}`)
}

const SCRIPTS: Readonly<Record<Shell, (program: string, name: string) => string>> = {
  // The words of bash end at = and @, the program's do not: what is before is cut from each reply. `compgen -W` would
  // expand the replies, so it is not used.
  bash: (program, name) => `# bash 4.4 or newer. For this shell: source <(${program} completion bash)
# For all shells: ${program} completion bash > ~/.local/share/bash-completion/completions/${program}
${name}() {
  local line=\${COMP_LINE:0:COMP_POINT} words full cut reply
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  full=\${words[-1]}
  cut=\${full%"$2"}
  COMPREPLY=()
  while IFS=$'\\t' read -r reply _; do
    [[ $reply == "$full"* ]] && COMPREPLY+=("\${reply#"$cut"}")
  done < <("$1" __complete -- "\${words[@]:1}" 2> /dev/null)
}
complete -o default -o nosort -F ${name} ${program}
`,
  zsh: (program, name) => `#compdef ${program}
# For this shell: source <(${program} completion zsh)
# For all shells: ${program} completion zsh > a file ${name} in a folder of $fpath
${name}() {
  local reply
  local -a replies
  while IFS= read -r reply; do
    replies+=("\${\${reply%%$'\\t'*}//:/\\\\:}:\${reply#*$'\\t'}")
  done < <("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2> /dev/null)
  if (( $#replies )); then _describe '' replies; else _files; fi
}
if [[ $funcstack[1] == ${name} ]]; then ${name} "$@"; else compdef ${name} ${program}; fi
`,
  fish: (program, name) => `# For this shell: ${program} completion fish | source
# For all shells: ${program} completion fish > ~/.config/fish/completions/${program}.fish
function _${name}
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l found ($words[1] __complete -- $words[2..-1] "$current" 2> /dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path "$current"
  end
end
complete -c ${program} -f -a '(_${name})'
`,
}
