import type { CheckedSystem } from '../checks/check.ts'
import { CARDS, type Check, type CheckOn } from '../checks/checks.ts'
import { notApplicable } from './check-outcome.ts'
import type { PostureRow } from './components.ts'

/** All checks as one operating system answers them. */
export type PostureChecks = Readonly<Record<Check, PostureRow>>

/** @param rows of the checks that the system has. The others say why it has no such thing. */
export function checksOf<System extends CheckedSystem>(
  system: System,
  rows: Readonly<Record<CheckOn<System>, PostureRow>>,
): PostureChecks {
  const own: Readonly<Partial<Record<Check, PostureRow>>> = rows
  const all = CARDS.map(({ name, systems }) => {
    const asked = systems[system]
    return [name, typeof asked === 'string' ? own[name] : absentRow(asked.absent)]
  })
  // `rows` has a row for each check that is not absent.
  return Object.fromEntries(all) as PostureChecks
}

function absentRow(reason: string): PostureRow {
  return { reads: 'files', run: async () => notApplicable(reason) }
}
