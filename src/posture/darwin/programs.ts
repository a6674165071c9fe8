import { textIn } from '../../base/property-lists/property-list.ts'
import { type CheckOutcome, counted, fail, pass, unknown } from '../check-outcome.ts'
import type { CheckContext, PostureComponents } from '../components.ts'
import { ask } from './ask.ts'
import { readDictionary } from './preferences.ts'

/** `os.application-origin`: Gatekeeper asks who made a program before it starts for the first time. */
export async function checkApplicationOrigin(
  components: PostureComponents,
  context: CheckContext,
): Promise<CheckOutcome> {
  const { stdout, stderr } = await ask(components, 'gatekeeper', context)
  const answer = `${stdout}\n${stderr}`
  if (/^assessments enabled$/m.test(answer)) return pass('Gatekeeper is on: programs of unknown makers do not start.')
  if (/^assessments disabled$/m.test(answer)) return fail('Gatekeeper is off: programs of unknown makers start.')
  return unknown('the answer of spctl was not understood')
}

/** The second since macOS 15; see xprotect(1). */
const XPROTECT = [
  '/var/protected/xprotect/XProtect.bundle',
  '/Library/Apple/System/Library/CoreServices/XProtect.bundle',
] as const
/** Apple brings new ones every few weeks. */
const OLDEST_DAYS = 90
const DAY_MS = 24 * 60 * 60 * 1000

/** `protection.antivirus`: XProtect, which macOS brings along, has its rules and got new ones lately. Others are not looked for. */
export async function checkAntivirus(components: PostureComponents): Promise<CheckOutcome> {
  const { files, clock } = components
  const found: { readonly version: string; readonly changedMs: number }[] = []
  for (const bundle of XPROTECT) {
    const info = await readDictionary(components, `${bundle}/Contents/Info.plist`)
    const version = info === undefined ? undefined : textIn(info, 'CFBundleShortVersionString')
    // The folder of the bundle itself is older than what it holds.
    const resources = await files.stat(`${bundle}/Contents/Resources`)
    if (version !== undefined && resources !== undefined) found.push({ version, changedMs: resources.modifiedMs })
  }
  const [newest] = found.sort((a, b) => b.changedMs - a.changedMs)
  if (newest === undefined) return fail('The rules of XProtect are missing.')
  const days = Math.floor((clock.now() - newest.changedMs) / DAY_MS)
  if (days < -1) return unknown(`the rules of XProtect (version ${newest.version}) are from the future`)
  const age = `version ${newest.version}, ${counted(Math.max(0, days), 'day')} old`
  return days > OLDEST_DAYS ? fail(`The rules of XProtect are old: ${age}.`) : pass(`XProtect has its rules: ${age}.`)
}
