import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { accessCredentialGuard } from '../../src/checks/access-credential-guard.ts'
import { CARDS } from '../../src/checks/checks.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const BUILD = resolve(import.meta.dirname, '../../scripts/build.ts')
/** From the checks and the hardware of macOS and of Windows. */
const OF_OTHER_SYSTEMS = ['FileVault is', 'IOPlatformUUID', 'Win32_EncryptableVolume', 'Win32_ComputerSystemProduct']

let code = ''
beforeAll(() => {
  using folder = temporaryFolder()
  execFileSync(process.execPath, [BUILD, '--out', folder.path, '--system', 'linux', 'suretyd'])
  // esbuild escapes what is not ASCII.
  code = readFileSync(join(folder.path, 'suretyd', 'suretyd-code.js'), 'utf8').replaceAll(
    /\\x([0-9a-f]{2})|\\u([0-9a-f]{4})/gi,
    (_, short, long) => String.fromCharCode(Number.parseInt(short ?? long, 16)),
  )
}, 180_000)

test('the daemon has the cards of all checks, without their texts for people', () => {
  expect(CARDS.filter(({ name }) => !code.includes(name))).toEqual([])
  expect(code).toContain(accessCredentialGuard.systems.linux.absent)
  const texts = CARDS.flatMap(({ english, german }) => [english.why, german.why, english.problem, german.problem])
  expect(texts.filter((text) => code.includes(text))).toEqual([])
})

test('the daemon for Linux has no check of another system', () => {
  expect(OF_OTHER_SYSTEMS.filter((text) => code.includes(text))).toEqual([])
})
