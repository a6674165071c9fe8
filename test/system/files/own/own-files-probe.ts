/** Runs on Windows (under Wine): uses files of our own below the folder `argv[2]` and prints what it saw. */
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf, describeError } from '../../../../src/base/errors.ts'
import { findAddon, requireAddon } from '../../../../src/system/files/addon-file.ts'
import { writeDurably } from '../../../../src/system/files/own/durable-file.ts'
import { makeFolderDurably } from '../../../../src/system/files/own/durable-folder.ts'
import { requireTrustedProgramFile } from '../../../../src/system/files/own/trusted-code.ts'
import { parseSecurityDescriptor } from '../../../../src/system/files/security-descriptor.ts'
import { builtAddonName, isAdministrator, ownUserId, windowsFolder } from '../../../../src/system/files/this-system.ts'
import { WINDOWS_SECURITY_FUNCTIONS, type WindowsSecurityAddon } from '../../../../src/system/files/windows-rights.ts'
import { OWN_FILES_CHECKS } from '../../../contracts/own-files.checks.ts'
import { runChecks } from '../../../contracts/run-checks.ts'

const root = process.argv[2] ?? ''
const addonPath = findAddon(join(import.meta.dirname, '../../../../src/system/files'), builtAddonName())
const addon = requireAddon<WindowsSecurityAddon>(addonPath, WINDOWS_SECURITY_FUNCTIONS)

const underTest = {
  root,
  openToAll: (path: string, rights: 'read' | 'write') =>
    addon.securityWrite(
      `\\\\?\\${path}`,
      `D:P(A;OICI;FA;;;${ownUserId()})(A;OICI;${rights === 'write' ? 'FA' : 'FRFX'};;;WD)`,
    ),
}

async function refusalOf(path: string): Promise<string> {
  try {
    await makeFolderDurably(path, { mode: 0o700 })
    return 'made'
  } catch (error) {
    return `${codeOf(error)}: ${describeError(error)}`
  }
}

function thrown(call: () => unknown): string {
  try {
    call()
    return 'nothing'
  } catch (error) {
    return error instanceof TypeError ? 'TypeError' : String(error)
  }
}

/** A virus scanner that never lets go, as Wine has it: Windows lets Node replace a file that Node has open. */
async function heldForGood(): Promise<unknown> {
  const folder = join(root, 'held')
  mkdirSync(folder)
  writeFileSync(join(folder, 'key'), 'old')
  const held = openSync(join(folder, 'key'), 'r')
  const code = await writeDurably(join(folder, 'key'), new Uint8Array(1), { mode: 0o600 }).catch(codeOf)
  closeSync(held)
  return [code, readdirSync(folder), readFileSync(join(folder, 'key'), 'utf8')]
}

mkdirSync(root)
requireTrustedProgramFile(addonPath, 'ADDON_UNAVAILABLE')
const seen = {
  held: await heldForGood(),
  checks: await runChecks(OWN_FILES_CHECKS, underTest),
  share: await refusalOf('\\\\server\\share\\x'),
  device: await refusalOf(join(root, 'NUL', 'x')),
  own: [ownUserId(), isAdministrator(), windowsFolder()],
  owner: parseSecurityDescriptor(addon.securityRead('\\\\?\\C:\\')).owner,
  calls: [
    () => addon.securityRead(7 as never),
    () => addon.securityRead('C:\\x\0y'),
    () => addon.securityRead('x'.repeat(40_000)),
    () => addon.securityWrite('C:\\', 'nonsense'),
    () => addon.securityWrite('C:\\', 'O:BA'),
    () => addon.securityRead('C:\\absent'),
  ].map(thrown),
}
process.stdout.write(JSON.stringify(seen))
