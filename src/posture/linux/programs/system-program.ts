import type { TrustedFileReader } from '../../../system/files/files.ts'
import { listOptional } from '../../read-optional.ts'

/** Whether a server or a tool of the administrator is installed, such as `sshd`. */
export async function hasSystemProgram(files: TrustedFileReader, name: string): Promise<boolean> {
  return (await listOptional(files, '/usr/sbin'))?.some((entry) => entry.name === name) ?? false
}
