/** One update that `softwareupdate --list` offers. */
export interface OfferedUpdate {
  readonly title: string
  readonly version: string
  readonly recommended: boolean
  readonly restarts: boolean
}

const LONGEST_LINE = 2_000

/**
 * Reads macOS 10.15 and newer. Lines of other programs between them are passed over.
 *
 * @returns undefined unless the list says that it begins, or that there is nothing, and each label has its line of facts.
 */
export function parseSoftwareUpdates(stdout: string): readonly OfferedUpdate[] | undefined {
  if (/^No new software available\.$/m.test(stdout)) return []
  if (!/^Software Update found the following new or updated software:$/m.test(stdout)) return undefined
  const updates: OfferedUpdate[] = []
  let labels = 0
  for (const line of stdout.split('\n')) {
    if (line.length > LONGEST_LINE) return undefined
    if (/^[*-] Label: /.test(line)) labels++
    const update = /^\s+Title: /.test(line) ? updateOf(line) : undefined
    if (update !== undefined) updates.push(update)
  }
  return labels > 0 && updates.length === labels ? updates : undefined
}

function updateOf(line: string): OfferedUpdate | undefined {
  const title = /^\s+Title: (.*?), Version: /.exec(line)?.[1]
  if (title === undefined) return undefined
  const fact = (name: string) => new RegExp(`, ${name}: ([^,]*)`).exec(line)?.[1]?.trim()
  return {
    title,
    version: fact('Version') ?? '',
    recommended: fact('Recommended') === 'YES',
    restarts: ['restart', 'shut down'].includes(fact('Action') ?? ''),
  }
}
