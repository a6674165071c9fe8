import { join } from 'node:path'
import { type Holder, lockForProcess } from '../../system/sqlite/process-lock.ts'

/**
 * Locks the data folder: two directories on one folder would issue the same order numbers.
 *
 * @throws `CONFLICT` if another process has it; and as `openDatabase`.
 */
export function serveAlone(dataFolder: string, self: Holder): Disposable {
  return lockForProcess({
    path: join(dataFolder, 'serving.sqlite'),
    self,
    waitMs: 0,
    refusal: (holder) => `another surety-directory${holder} serves ${dataFolder}: stop it, or use another data folder`,
  })
}
