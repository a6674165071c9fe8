import type { Reason } from './signals.ts'

/** Flags that makers of agents chose for "act without asking". Whole names, of the program's own arguments. */
const FLAG =
  /^--(yolo|full-auto|autopilot|auto-approve(-all)?|approve-all|allow-all(-tools)?|no-confirm|dangerously-[a-z-]{3,48}|skip-permissions|trust-all-tools)$/
const MAX_ARGUMENTS = 256

export function autonomyFlagReason(args: readonly string[]): Reason | undefined {
  const end = args.indexOf('--')
  const looked = args.slice(0, Math.min(end === -1 ? args.length : end, MAX_ARGUMENTS))
  const flag = looked.map((part) => part.split('=', 1)[0] ?? '').find((part) => FLAG.test(part))
  return flag === undefined ? undefined : { name: 'autonomy-flag', weight: 20, detail: `started with ${flag}` }
}
