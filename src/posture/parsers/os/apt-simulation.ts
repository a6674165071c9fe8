/** What `apt-get -s dist-upgrade` would do. */
export interface AptSimulation {
  /** Packages with a newer version from an archive that carries security updates. */
  readonly security: readonly string[]
  readonly others: readonly string[]
  /** Upgrades that exist and would not be made. Where each comes from is not said. */
  readonly keptBack: number
}

const SUMMARY = /^(\d+) upgraded, (\d+) newly installed,(?: \d+ downgraded,)? \d+ to remove and (\d+) not upgraded\.$/
const INSTALL =
  /^Inst (?<name>\S+)(?: \[(?<old>[^\]]*)\])? \((?<new>\S+) (?<origins>.*?)(?: \[[^\]]*\])?\)(?: \[.*\])?\s*$/
/** Origins come from the archive; the time that INSTALL takes grows with the square of a line. */
const LONGEST_LINE = 2_000
/** `Debian-Security:13/stable-security`, `Ubuntu:24.04/noble-security`, `UbuntuESM:20.04/focal-infra-security`. */
const SECURITY_ORIGIN = /^(?:Debian-Security:|[^:]+:[^/]*\/[^/]*-security$)/

/**
 * Reads apt 1.x to 3.x in the C locale. A package that is only newly installed is no update by itself.
 *
 * @returns undefined unless the closing summary is there and every `Inst` line and their number agree with it.
 */
export function parseAptSimulation(stdout: string): AptSimulation | undefined {
  const security: string[] = []
  const others: string[] = []
  let installed = 0
  let summary: RegExpExecArray | null = null
  for (const line of stdout.split('\n')) {
    summary ??= line.length > LONGEST_LINE ? null : SUMMARY.exec(line)
    if (!line.startsWith('Inst ')) continue
    if (line.length > LONGEST_LINE) return undefined
    const groups = INSTALL.exec(line)?.groups
    if (groups === undefined) return undefined
    if (groups.old === undefined) {
      installed++
      continue
    }
    const origins = (groups.origins ?? '').split(', ')
    const list = origins.some((origin) => SECURITY_ORIGIN.test(origin)) ? security : others
    list.push(groups.name ?? '')
  }
  if (summary === null) return undefined
  const [, upgraded = '', added = '', keptBack = ''] = summary
  const agrees = Number(upgraded) <= security.length + others.length && Number(added) === installed
  return agrees ? { security, others, keptBack: Number(keptBack) } : undefined
}
