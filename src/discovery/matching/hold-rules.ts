import type { HoldRule, HoldRules } from '../../system/enforcement/exec-gate-messages.ts'
import { longestLiteralOf } from '../catalogue/path-pattern.ts'
import type { ResidentEntry } from '../catalogue/resident-facts.ts'
import { INTERPRETERS } from './script-argument.ts'

/** Agents that are to be held as they start. */
export interface HoldSelection {
  /** Their ids in the catalogue; all agents when absent. */
  readonly products?: readonly string[] | undefined
  /** Only agents that the catalogue knows by one of these npm packages. */
  readonly packages?: readonly string[] | undefined
  /** All users when absent. */
  readonly uids?: HoldRule['uids']
}

/**
 * What the exec gate holds for these agents: more than the agents, never less of what the catalogue knows by a file or a command.
 * What is held is matched again by `matchProcess`. Agents that no catalogue knows, and those known by their title alone, are not
 * held.
 */
export function holdRules(agents: readonly ResidentEntry[], selections: readonly HoldSelection[]): HoldRules {
  return { interpreters: INTERPRETERS, rules: selections.flatMap((selection) => ruleFor(agents, selection) ?? []) }
}

function ruleFor(agents: readonly ResidentEntry[], { products, packages, uids }: HoldSelection): HoldRule | undefined {
  const entries = agents.filter(
    ({ id, npm = [] }) =>
      (products?.includes(id) ?? true) && (packages === undefined || npm.some(({ name }) => packages.includes(name))),
  )
  const names = new Set<string>()
  const parts = new Set<string>()
  for (const { commands = [], modules = [], executables = [], scripts = [], npm = [] } of entries) {
    for (const { name } of [...commands, ...modules]) names.add(name)
    for (const { path } of [...executables, ...scripts]) parts.add(longestLiteralOf(path))
    for (const { name } of npm) {
      // The paths of npm and of the cache of Deno, and the argument of `deno run`.
      for (const part of [`/node_modules/${name}/`, `/registry.npmjs.org/${name}/`, `npm:${name}`, `npm:/${name}`]) {
        parts.add(part)
      }
    }
  }
  return names.size + parts.size === 0 ? undefined : { uids, names: [...names], parts: [...parts] }
}
