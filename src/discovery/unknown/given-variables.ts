import type { ProcessRecord } from '../matching/process-record.ts'
import { isShell } from '../running/helper-programs.ts'
import type { FamilyTree } from './family-tree.ts'
import { sameProgram } from './program-name.ts'

/**
 * Whose a variable of a program is: `own`, given to it alone; `shared`, of whoever started it or of what else that has started;
 * `unclear` where a shell started it. What a shell exports of its own, from the files that it reads first, its own variables
 * never show.
 */
export type Given = 'own' | 'shared' | 'unclear'

/** So many of the other programs are asked. */
const MAX_OTHERS = 64

/**
 * @param origin the first process of the program.
 * @param parentNames variables of who started it; undefined where that, or they, are not known.
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
