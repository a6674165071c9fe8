const MODES = ['none', 'integrity', 'confidentiality'] as const
export type LockdownMode = (typeof MODES)[number]

/** Reads /sys/kernel/security/lockdown, such as `none [integrity] confidentiality`. See kernel_lockdown(7). */
export function parseLockdown(text: string): LockdownMode | undefined {
  const words = text.trim().split(' ')
  const chosen = words.filter((word) => word.startsWith('[') && word.endsWith(']')).map((word) => word.slice(1, -1))
  const known = words.every((word) => MODES.some((mode) => word === mode || word === `[${mode}]`))
  return known && chosen.length === 1 ? MODES.find((mode) => mode === chosen[0]) : undefined
}
