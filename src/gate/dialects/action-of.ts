import { isAbsolutePath } from '../../base/absolute-path.ts'
import { SuretyError } from '../../base/errors.ts'
import { legibleText, text } from '../../base/schema.ts'
import type { ClientAction } from './dialect.ts'
import type { Targets } from './tool-readers.ts'

/** In schemas of documents: what a person may see of a client. */
export const nameSchema = legibleText(256)
export const folderSchema = text(4096)

export interface Asked {
  readonly session: string
  readonly name: string
  readonly arguments: unknown
  readonly targets: Targets
  readonly folder?: string | undefined
  readonly clientVersion?: string | undefined
  readonly call?: string | undefined
}

/** @throws `INPUT_MALFORMED` for a folder that is not absolute. */
export function actionOf({ name, targets, folder, ...asked }: Asked): ClientAction {
  const { kind, server, ...named } = targets
  const tool = server === undefined ? { kind, name } : { kind, name, server }
  return { ...asked, ...named, tool, folder: folder === undefined ? undefined : absolute(folder) }
}

/** In the spelling of `base/absolute-path.ts`. */
function absolute(folder: string): string {
  const path = /^[A-Za-z]:[\\/]/.test(folder)
    ? `${folder.charAt(0).toUpperCase()}${folder.slice(1).replaceAll('\\', '/')}`
    : folder
  if (isAbsolutePath(path) && !path.includes('\0') && path.isWellFormed()) return path
  throw new SuretyError('INPUT_MALFORMED', 'the working folder of the client must be an absolute path')
}
