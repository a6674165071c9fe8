import { join } from 'node:path'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { compileShim } from '../../shims/compile-shim.ts'

/** For the tests of one file, with a folder of their own that goes when they have ended. */
export interface FaultyDisks {
  readonly folder: string
  /** The compiled fault-shim.c, for `faultyDisk`. */
  readonly library: string
  /** `describe`; skipped aloud where no disk can be made to fail. */
  describeDisk(title: string, body: () => void): void
}

export function prepareFaultyDisks(): FaultyDisks {
  const folder = temporaryFolder()
  afterAll(() => folder[Symbol.dispose]())
  const shim = compileShim(join(import.meta.dirname, 'fault-shim.c'), folder.path)
  return {
    folder: folder.path,
    library: 'path' in shim ? shim.path : '',
    describeDisk(title, body) {
      if ('path' in shim) describe(title, body)
      else describe.skip(`${title} (skipped, not installed: ${shim.missing})`, body)
    },
  }
}
