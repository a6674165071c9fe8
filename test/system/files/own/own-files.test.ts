import { chmodSync, statSync } from 'node:fs'
import { OWN_FILES_CHECKS } from '../../../contracts/own-files.checks.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

/** The contract of our own files, by modes. `own-files.wine.test.ts` is the same by access lists. */
test.each(OWN_FILES_CHECKS)('$name', async ({ run }) => {
  using folder = temporaryFolder()
  await run({
    root: folder.path,
    openToAll: (path, rights) => chmodSync(path, statSync(path).mode | (rights === 'write' ? 0o777 : 0o055)),
  })
})
