import { join } from 'node:path'
import { onWindows } from '../../../support/windows/windows.ts'

/**
 * The reader of foreign files on Wine. Not proven here, since Wine has none of it: reparse points, access of other users, the exact
 * lists of rights, files of a cloud. `windows-files.test.ts` proves what is decided of them.
 */

const PROBE = join(import.meta.dirname, './windows-reader-probe.ts')

onWindows('files of others are read within their bounds, and nothing else is', async (windows) => {
  const { status, stdout } = await windows.run(PROBE)
  expect(status).toBe(0)
  const seen = JSON.parse(stdout)
  expect(seen).toMatchObject({
    read: ['hello', 'hello', 'FILE_TOO_LARGE'],
    unicode: 'snow',
    broken: 'a\ufffd',
    whole: 70_000,
    sparse: 'FILE_TOO_LARGE',
    deep: 'deep',
    lists: [
      [
        { name: 'file', kind: 'file' },
        { name: 'folder', kind: 'directory' },
      ],
      'FILE_TOO_LARGE',
      'FILE_NOT_REGULAR',
      'FILE_ABSENT',
    ],
    crowd: [600, 'FILE_TOO_LARGE'],
    drive: true,
    stats: [{ kind: 'file', sizeBytes: 5, owner: expect.stringMatching(/^S-1-5-/) }, { kind: 'directory' }, 'none'],
    refused: [
      ...['FILE_ABSENT', 'FILE_NOT_REGULAR', 'FILE_ABSENT', ...Array.from({ length: 8 }, () => 'FILE_UNREADABLE')],
      ...['FILE_ABSENT', 'FILE_UNREADABLE', 'FILE_UNREADABLE', 'FILE_UNREADABLE'],
    ],
    trusted: ['hello', 'C:/surety-files/tree/file'],
    marks: [{ mark: expect.any(String), changedAtMs: expect.any(Number) }, 'absent'],
    changed: true,
  })
  expect(seen.withRegular.text).toBe('hello')
  expect(Math.abs(seen.stats[0].modifiedMs - Date.now())).toBeLessThan(600_000)
})
