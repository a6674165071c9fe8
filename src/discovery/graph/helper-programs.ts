import { baseName } from '../agent-index.ts'
import type { ProcessMatch } from '../process-match.ts'

/**
 * By entry of the catalogue: words of the command line, or ends of the script's path, by which a program that an agent
 * keeps beside itself is told from the agent.
 */
const HELPERS: Readonly<Record<string, { readonly words?: readonly string[]; readonly scripts?: readonly string[] }>> =
  {
    codex: { words: ['--managed-daemon', 'pid-update-loop'] },
    'cline-cli': { words: ['--cline-hub-daemon'] },
    openclaw: { scripts: ['/spawn-broker/worker.js'] },
  }
/** So many arguments are looked at. */
const MAX_ARGUMENTS = 16

export function isHelper({ entry, process, args }: ProcessMatch): boolean {
  const helper = Object.hasOwn(HELPERS, entry.id) ? HELPERS[entry.id] : undefined
  if (helper === undefined) return false
  const looked = args.slice(0, MAX_ARGUMENTS)
  return (
    helper.words?.some((word) => looked.includes(word)) === true ||
    helper.scripts?.some((end) => process.argv.slice(1, 3).some((argument) => argument.endsWith(end))) === true
  )
}

/** Programs that shut others in. */
const SANDBOXES = new Set(['bwrap', 'bubblewrap', 'firejail', 'nsjail', 'landrun', 'srt'])

export function isSandbox(executable: string | undefined): boolean {
  return SANDBOXES.has(baseName(executable ?? ''))
}

const SHELLS = new Set(['sh', 'bash', 'zsh', 'dash', 'ksh', 'fish', 'busybox', 'pwsh'])

export function isShell(executable: string | undefined): boolean {
  return SHELLS.has(baseName(executable ?? ''))
}
