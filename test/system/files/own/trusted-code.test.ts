import { chmodSync, chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requireTrustedCode, requireTrustedProgramFile } from '../../../../src/system/files/own/trusted-code.ts'
import { isPrivateGroup } from '../../../../src/system/files/posix-rights.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const OTHER = 4242
const asRoot = process.geteuid?.() === 0 ? test : test.skip
const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0]
const hasPrivateGroup = isPrivateGroup(gid, uid)
if (!hasPrivateGroup)
  process.stderr.write('skipped: files of a private group: the group of this user has others in it\n')

function refusals(path: string): readonly string[] {
  return [requireTrustedCode, requireTrustedProgramFile].map((require) => {
    try {
      require(path, 'CONFIG_INVALID')
      return 'trusted'
    } catch (error) {
      return String(error).replace(path, 'FILE').replace(path, 'FILE')
    }
  })
}

function made(folder: string, mode: number): string {
  const path = join(folder, 'file')
  writeFileSync(path, '')
  chmodSync(path, mode)
  return path
}

test.each([0o600, 0o644, 0o755])('a file of ours of mode %o is trusted', (mode) => {
  using folder = temporaryFolder()
  expect(refusals(made(folder.path, mode))).toEqual(['trusted', 'trusted'])
})

const withPrivateGroup = hasPrivateGroup ? test : test.skip
withPrivateGroup('trusts code that our group may write as part of a checkout, and nowhere else', () => {
  using folder = temporaryFolder()
  const path = made(folder.path, 0o664)
  chownSync(path, uid, gid)
  expect(refusals(path)).toEqual([
    `SuretyError: "FILE" is not safe from other users: group ${gid} may write it (mode 664): chmod go-w "FILE"`,
    'trusted',
  ])
})

asRoot('(root) one that the group of others may write is not', () => {
  using folder = temporaryFolder()
  const path = made(folder.path, 0o664)
  chownSync(path, 0, OTHER)
  const refusal = `SuretyError: "FILE" is not safe from other users: group ${OTHER} may write it (mode 664): chmod go-w "FILE"`
  expect(refusals(path)).toEqual([refusal, refusal])
})

asRoot('(root) trusts no code of another user in any mode', () => {
  using folder = temporaryFolder()
  const path = made(folder.path, 0o600)
  chownSync(path, OTHER, OTHER)
  const refusal = `SuretyError: "FILE" is not safe from other users: it belongs to user ${OTHER}, not to root or to us`
  expect(refusals(path)).toEqual([refusal, refusal])
})

test('one that all may write is not, nor one that is missing', () => {
  using folder = temporaryFolder()
  const refusal =
    'SuretyError: "FILE" is not safe from other users: all users may write it (mode 666): chmod go-w "FILE"'
  expect(refusals(made(folder.path, 0o666))).toEqual([refusal, refusal])
  expect(refusals('/absent')).toEqual(['SuretyError: "FILE": ENOENT', 'SuretyError: "FILE": ENOENT'])
})
