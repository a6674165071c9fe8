import { type CheckOutcome, fail, pass, unknown } from '../../check-outcome.ts'
import type { PostureComponents } from '../../components.ts'
import { readOsRelease } from '../../os-release.ts'
import { OS_SUPPORT, OS_SUPPORT_AS_OF, ROLLING_RELEASES } from './os-support.ts'

/** `os.supported`: the maker of this release still fixes it. The end is the last day that counts as supported. */
export async function checkOsSupported({ files, clock }: PostureComponents): Promise<CheckOutcome> {
  const release = await readOsRelease(files)
  const id = release.get('ID')
  if (id === undefined) return unknown('/etc/os-release does not say which system this is')
  const version = release.get('VERSION_ID')
  const name = release.get('PRETTY_NAME') ?? `${id} ${version ?? ''}`.trim()
  const today = new Date(clock.now()).toISOString().slice(0, 10)

  if (version === undefined || ROLLING_RELEASES.has(id)) {
    return ROLLING_RELEASES.has(id)
      ? pass(`${name} is a rolling release: it is supported for as long as its updates are installed.`)
      : unknown(`${name} names no version (a testing or development system?), so its support cannot be looked up`)
  }
  const row = OS_SUPPORT.find((one) => one.id === id && versionFits(version, one.version))
  if (row === undefined) return bySupportEnd(release.get('SUPPORT_END'), name, today)
  if (today <= row.ends)
    return pass(`${name} is supported until ${row.ends}${row.by === undefined ? '' : ` (${row.by})`}.`)
  if (row.paid !== undefined && today <= row.paid.ends) {
    return unknown(
      `the ordinary support of ${name} ended on ${row.ends}; until ${row.paid.ends} only ${row.paid.by} brings updates, and whether this machine has it cannot be seen`,
    )
  }
  return fail(`The support of ${name} ended on ${row.ends}: holes found since then stay open. Move to a newer release.`)
}

/** `9` in the table stands for 9.0 to 9.99; `15.6` for itself. */
function versionFits(version: string, row: string): boolean {
  return version === row || (!row.includes('.') && version.startsWith(`${row}.`))
}

/** Fedora and some others write the day into os-release themselves: good for releases newer than our table. */
function bySupportEnd(supportEnd: string | undefined, name: string, today: string): CheckOutcome {
  if (supportEnd === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(supportEnd)) {
    return unknown(`the end of support of ${name} is not in our table of ${OS_SUPPORT_AS_OF}`)
  }
  return today <= supportEnd
    ? pass(`${name} is supported until ${supportEnd} (as the system itself says).`)
    : fail(`The support of ${name} ended on ${supportEnd} (as the system itself says). Move to a newer release.`)
}
