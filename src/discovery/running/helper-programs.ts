import { isAbsolutePath } from '../../base/absolute-path.ts'
import { portableText } from '../../system/files/portable-text.ts'
import { isProtectedProgram } from '../../system/processes/protected-programs.ts'
import { compilePathPattern, scanPath } from '../catalogue/path-pattern.ts'
import { baseName } from '../matching/agent-index.ts'
import type { ProcessMatch } from '../matching/process-match.ts'
import type { ProcessRecord } from '../matching/process-record.ts'

/** So many arguments are looked at. */
const MAX_ARGUMENTS = 16
/** The script that an interpreter runs is within these. */
const MAX_BEFORE_SCRIPT = 4

/** Is it a program that the agent keeps beside itself, and not the agent? */
export function isHelper({ entry, process, args }: ProcessMatch): boolean {
  return (
    entry.helpers?.some(
      ({ argument, script }) =>
        (argument !== undefined && args.slice(0, MAX_ARGUMENTS).includes(argument)) ||
        (script !== undefined && runsScript(process.argv, script)),
    ) === true
  )
}

function runsScript(argv: readonly string[], pattern: string): boolean {
  const matches = compilePathPattern(pattern)
  return argv
    .slice(1, MAX_BEFORE_SCRIPT)
    .some((argument) => isAbsolutePath(portableText(argument)) && matches(scanPath(argument, [])))
}

/** Programs that shut others in. */
const SANDBOXES = new Set(['bwrap', 'bubblewrap', 'firejail', 'nsjail', 'landrun', 'srt'])

export function isSandbox(executable: string | undefined): boolean {
  return SANDBOXES.has(baseName(executable ?? ''))
}

const SHELLS = new Set(['sh', 'bash', 'zsh', 'dash', 'ksh', 'fish', 'busybox', 'pwsh', 'powershell', 'cmd'])

export function isShell(executable: string | undefined): boolean {
  return SHELLS.has(baseName(executable ?? ''))
}

const LANGUAGE_SERVER =
  /(^|[-_./])(language-?servers?|langservers?|lsp|tsserver|gopls|rust-analyzer|clangd|pyright|pylsp|jdtls|eslintServer)([-_.]|$)/i

/** @param name of a program, script, package or image. */
export function isLanguageServer(name: string): boolean {
  return LANGUAGE_SERVER.test(name)
}

/** By what their packages install. Nothing that a user can write to is among them. */
const SESSION_PROGRAMS =
  /^\/(usr\/(s?bin|lib(exec)?(64)?)\/([\w.+-]+\/)*(gpg-agent|keyboxd|dirmngr|scdaemon|ssh-agent|gnome-keyring-daemon|kwalletd\d*|tmux|screen|dconf-service|gvfsd[\w-]*|xdg-[\w-]+|at-spi[\w-]*|pipewire[\w-]*|wireplumber|pulseaudio|firefox(-esr)?|chromium)|(opt|snap)\/([\w.+-]+\/)+(chrome|brave|msedge|firefox|vivaldi-bin))$/

/** Of a person, with work that is not saved: editors, office, mail and files. Where packages put them, or root in /opt. */
const DESKTOP_PROGRAMS =
  /^\/(usr\/(bin|lib(exec)?(64)?|share)|opt|snap)\/([\w.+-]+\/)*(code(-insiders|-oss)?|(vs)?codium|zed(itor|-editor)|sublime_text|idea|pycharm|webstorm|goland|clion|rider|phpstorm|rubymine|rustrover|gedit|gnome-text-editor|kate|kwrite|mousepad|xed|pluma|emacs(-[\w.+-]+)?|gvim|soffice\.bin|evince|papers|okular|atril|eog|loupe|gwenview|gimp[\d.-]*|inkscape|nautilus|dolphin|nemo|caja|[tT]hunar|thunderbird(-bin|-esr)?|evolution|kmail)$/

/**
 * Serves a person, whatever program happened to start it: agents of keys, multiplexers, browsers, editors. What has its name from an
 * argument or a file that is known is none.
 */
export function isSessionProgram({ executable, startedAs }: ProcessRecord): boolean {
  if (executable === undefined || startedAs !== undefined) return false
  return isProtectedProgram(executable) || SESSION_PROGRAMS.test(executable) || DESKTOP_PROGRAMS.test(executable)
}
