import type { ProcessRecord } from '../matching/process-record.ts'
import { programOf } from '../matching/script-argument.ts'
import type { Reason } from './signals.ts'

/** Flags of agents for "act without asking". Compared as whole names with the program's own arguments. */
const FLAG =
  /^--(yolo|full-auto|autopilot|auto-approve(-all)?|approve-all|allow-all(-tools)?|no-confirm|dangerously-[a-z-]{3,48}|skip-permissions|trust-all-tools)$/
const MAX_ARGUMENTS = 256

export function autonomyFlagOf({ executable = '', argv }: ProcessRecord): string | undefined {
  const args = programOf(executable, argv)?.args ?? argv.slice(1)
  const end = args.indexOf('--')
  const own = args.slice(0, Math.min(end === -1 ? args.length : end, MAX_ARGUMENTS))
  return own
    .filter((part, at) => !isOff(part, own[at + 1]))
    .map(nameOf)
    .find((name) => FLAG.test(name))
}

function nameOf(part: string): string {
  return part.split('=', 1)[0] ?? ''
}

/** Matches `--auto-approve=false`, also with the value in the next argument. */
function isOff(part: string, next: string | undefined): boolean {
  return part.includes('=') ? part.endsWith('=false') : next === 'false'
}

export function autonomyFlagReason(process: ProcessRecord): Reason | undefined {
  const flag = autonomyFlagOf(process)
  return flag === undefined ? undefined : { name: 'autonomy-flag', weight: 20, detail: `started with ${flag}` }
}
