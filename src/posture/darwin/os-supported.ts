import { type CheckOutcome, fail, pass, unknown } from '../check-outcome.ts'
import type { PostureComponents } from '../components.ts'
import { readSystemVersion } from './system-version.ts'

/**
 * Apple announces no end of support. It has fixed the newest three releases, and an old one ended when a new one came. The days are
 * those that the source below observed.
 */
const SOURCE =
  'https://github.com/endoflife-date/endoflife.date/blob/0118c3037fa9f22d86a72e0f4d8f492e45b77234/products/macos.md'
export const MACOS_SUPPORT_AS_OF = '2026-03-04'

/** By the number of the release: the day of its successor's successor's successor, or that it was supported when we looked. */
const ENDS: ReadonlyMap<string, string | 'supported'> = new Map([
  ['10.13', '2020-12-01'],
  ['10.14', '2021-10-25'],
  ['10.15', '2022-09-12'],
  ['11', '2023-09-26'],
  ['12', '2024-09-16'],
  ['13', '2025-09-15'],
  ['14', 'supported'],
  ['15', 'supported'],
  ['26', 'supported'],
])
/** A release was fixed for three years; after that it is not known. */
const RELEASED: ReadonlyMap<string, string> = new Map([
  ['14', '2023-09-26'],
  ['15', '2024-09-16'],
  ['26', '2025-09-15'],
])
const YEARS = 3

/** `os.supported`: Apple still fixes this release of macOS. */
export async function checkOsSupported(components: PostureComponents): Promise<CheckOutcome> {
  const system = await readSystemVersion(components)
  if (system === undefined) return unknown('macOS does not name its version')
  const { name, version } = system
  const release = releaseOf(version)
  const today = new Date(components.clock.now()).toISOString().slice(0, 10)
  const end = ENDS.get(release)
  if (end === undefined) {
    return unknown(`${name} ${version} is not in our table of ${MACOS_SUPPORT_AS_OF} (${SOURCE})`)
  }
  if (end !== 'supported') {
    return fail(`Apple stopped fixing ${name} ${release} on ${end}: holes found since then stay open. Upgrade macOS.`)
  }
  const until = yearsAfter(RELEASED.get(release) ?? today)
  return today <= until
    ? pass(`Apple fixes ${name} ${release}; releases before it were fixed for ${YEARS} years, this one until ${until}.`)
    : unknown(`${name} ${release} is older than ${YEARS} years; Apple does not say whether it is still fixed`)
}

function releaseOf(version: string): string {
  const [major = '', minor = ''] = version.split('.')
  return major === '10' ? `${major}.${minor}` : major
}

function yearsAfter(day: string): string {
  return `${Number(day.slice(0, 4)) + YEARS}${day.slice(4)}`
}
