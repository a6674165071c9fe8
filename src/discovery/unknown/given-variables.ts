import type { ProcessRecord } from '../matching/process-record.ts'
import { isShell } from '../running/helper-programs.ts'
import type { FamilyTree } from './family-tree.ts'
import { sameProgram } from './program-name.ts'

/**
 * Where a variable of a program comes from. `own`: given to it alone. `shared`: also in its parent or siblings.
 * `unclear`: a shell started it, and what a shell exports from its startup files is not in its own variables.
 */
export type Given = 'own' | 'shared' | 'unclear'

/** Siblings that are compared. */
const MAX_OTHERS = 64

/**
 * @param origin the first process of the program.
 * @param parentNames variables of the parent; undefined if not known.
 */
export function givenVariables(
  origin: ProcessRecord,
  tree: FamilyTree,
  parentNames: readonly string[] | undefined,
): (name: string) => Given {
  const parent = tree.parentOf(origin)
  return (name) => {
    if (parent === undefined || parentNames === undefined || parentNames.includes(name)) return 'shared'
    const others = tree.childrenOf(parent).slice(0, MAX_OTHERS)
    const isShared = others.some(
      (each) =>
        each.userId === origin.userId && each.environmentNames?.includes(name) === true && !sameProgram(each, origin),
    )
    if (isShared) return 'shared'
    return isShell(parent.executable) ? 'unclear' : 'own'
  }
}
