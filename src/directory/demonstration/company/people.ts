import { drawOf } from './draw.ts'
import { AWKWARD_NAMES, DEPARTMENTS, type Department, FAMILY, GIVEN } from './names.ts'

export interface MadeUpPerson {
  /** Unique: `ada.okafor`. */
  readonly userName: string
  readonly displayName: string
  readonly email: string
  readonly department: Department
  /** Place of the manager in the list, before this person. Absent: the head of the company. */
  readonly manager?: number
}

/** Addresses under this name belong to nobody: RFC 2606. */
export const MAIL_DOMAIN = 'demo.example'
/** People below one manager. */
const TEAM = 9

/** @param count the first ones are the same whatever the count. */
export function madeUpPeople(seed: number, count: number): readonly MadeUpPerson[] {
  const taken = new Map<string, number>()
  return Array.from({ length: count }, (_, at) => {
    const draw = drawOf(seed, 'person', at)
    const [given, givenAscii] = draw.pick(GIVEN)
    const [family, familyAscii] = draw.pick(FAMILY)
    const plainName = `${givenAscii}.${familyAscii}`
    const before = taken.get(plainName) ?? 0
    taken.set(plainName, before + 1)
    const userName = before === 0 ? plainName : `${plainName}${before + 1}`
    return {
      userName,
      displayName: awkwardName(at) ?? `${given} ${family}`,
      email: `${userName}@${MAIL_DOMAIN}`,
      department: draw.weighted(DEPARTMENTS),
      ...(at === 0 ? {} : { manager: Math.floor((at - 1) / TEAM) }),
    }
  })
}

/** Few, and none among the first ones. */
function awkwardName(at: number): string | undefined {
  return at >= 20 && at % 5 === 0 ? AWKWARD_NAMES[(at - 20) / 5] : undefined
}
