/** What a shell loads. Each asks the program itself, so that it never grows old. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

export function completionScript(shell: Shell, program: string): string {
  return SCRIPTS[shell](program, `_${program.replaceAll('-', '_')}`)
}

const SCRIPTS: Readonly<Record<Shell, (program: string, name: string) => string>> = {
  // The words of bash end at = and @, the program's do not: what stands before is cut from each reply. `compgen -W` would
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
