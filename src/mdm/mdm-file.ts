/** A file for an administrator. */
export interface MdmFile {
  /** With forward slashes, below the folder of the target. */
  readonly name: string
  readonly text: string
}
