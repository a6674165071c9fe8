import { SuretyError } from '../../base/errors.ts'
import { reader, type TSchema } from '../../base/schema.ts'
import {
  type RegistrationCriteria,
  registrationCriteriaSchema,
  registrationScopeSchema,
} from '../../protocol/nouns/agents/registration-criteria.ts'
import { type MatchFacts, matches, packagesIn, shownOf } from './matching.ts'

/** Criteria of a registration from what is seen. Pure. */

const criteriaReader = reader(registrationCriteriaSchema, { name: 'criteria' })
const NO_SCOPE = { applications: [], dataSets: [], tools: [] }

/** @throws `INPUT_MALFORMED` for a name that no registration can have. */
export function criteriaOf(
  { item, device, human }: Pick<MatchFacts, 'item' | 'device' | 'human'>,
  { anyDevice = false, anyHuman = false }: { readonly anyDevice?: boolean; readonly anyHuman?: boolean },
): RegistrationCriteria {
  const criteria = {
    products: [item],
    ...(anyDevice ? {} : { device }),
    ...(anyHuman || human === undefined ? {} : { human }),
  }
  if (fits(registrationCriteriaSchema, criteria)) return criteria
  throw new SuretyError('INPUT_MALFORMED', 'the name of the agent cannot be a criterion: give criteria')
}

/** The folders that it works in. Undefined if none is known, or one cannot be in a scope. */
export function scopeOf({ instances }: Pick<MatchFacts, 'instances'>) {
  const workspaces = [...new Set(shownOf(instances).flatMap((one) => one.workspaces))]
  const scope = { ...NO_SCOPE, workspaces }
  return workspaces.length > 0 && fits(registrationScopeSchema, scope) ? scope : undefined
}

function fits(schema: TSchema, value: unknown): boolean {
  try {
    reader(schema, { name: 'value' }).read(value)
    return true
  } catch {
    return false
  }
}

/**
 * The same criteria, wide enough for what is seen. Lists get more entries. A device or human is given up only if that is
 * allowed and something else is left.
 *
 * @throws `CONFLICT` if they cannot be widened so far.
 */
export async function widened(
  criteria: RegistrationCriteria,
  facts: MatchFacts,
  { anyDevice = false, anyHuman = false }: { readonly anyDevice?: boolean; readonly anyHuman?: boolean },
): Promise<RegistrationCriteria> {
  if (await matches(criteria, facts)) return criteria
  const { device, human, ...lists } = criteria
  const otherDevice = device !== undefined && device !== facts.device
  const otherHuman = human !== undefined && human !== facts.human
  if (otherDevice && !anyDevice) throw conflict('is for another device: allow any device, or register this one itself')
  if (otherHuman && !anyHuman) throw conflict('is for another person: allow any person, or register this one itself')
  const shown = shownOf(facts.instances)
  const wide = {
    ...lists,
    ...(device === undefined || otherDevice ? {} : { device }),
    ...(human === undefined || otherHuman ? {} : { human }),
    ...more('products', lists.products, [facts.item]),
    ...more('packages', lists.packages, facts.instances.flatMap(packagesIn).slice(0, 1)),
    ...more(
      'executables',
      lists.executables,
      shown.flatMap(({ executable }) => (executable === undefined ? [] : [executable])),
    ),
    ...more(
      'workspaces',
      lists.workspaces,
      shown.flatMap((one) => one.workspaces),
    ),
    ...more(
      'mcpServers',
      lists.mcpServers,
      lists.mcpServers === undefined ? [] : (await facts.mcpServers()).slice(0, 1),
    ),
  }
  if (!fits(registrationCriteriaSchema, wide)) throw conflict('would have too many criteria, or none')
  const read = criteriaReader.read(wide)
  if (!(await matches(read, facts))) throw conflict('has criteria that this agent cannot meet: change them first')
  return read
}

function more<K extends string>(name: K, given: readonly string[] | undefined, seen: readonly string[]) {
  return given === undefined ? {} : { [name]: [...new Set([...given, ...seen])] }
}

function conflict(message: string): SuretyError {
  return new SuretyError('CONFLICT', `the registration ${message}`)
}
