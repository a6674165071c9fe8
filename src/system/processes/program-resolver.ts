import type { ProcessName } from './process-details.ts'

/** A file that a process runs, as it lies on the disk. */
export interface ResolvedFile {
  /** Without links, in the root of the process; as the kernel tells it where an executable was asked for. */
  readonly path: string
  /** The nearest package.json at or above it that says a name. Foreign text below 64 KiB. */
  readonly manifest?: { readonly folder: string; readonly text: string }
}

/** Follows the names by which processes know their files. */
export interface ProgramResolver {
  /**
   * Nothing is asked of a file system that may not answer.
   *
   * @returns undefined when the file is not there or may not be seen, or the process has ended; `late` when it did not answer in
   * time: asking again later may help. @throws never.
   */
  resolve(
    process: ProcessName & { readonly userId: string },
    path: string,
    options: {
      /** A `script` is named as the process sees its files, an `executable` as the kernel tells it. */
      readonly kind: 'script' | 'executable'
      /** Its manifest is looked for too. */
      readonly manifest: boolean
    },
  ): ResolvedFile | 'late' | undefined
}
