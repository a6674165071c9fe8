import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { PERMISSIONS, ROLES, type Role } from '../../../src/protocol/noun/permissions.ts'

test('docs/api.md has the table of permissions', () => {
  const document = readFileSync(resolve(import.meta.dirname, '../../../docs/api.md'), 'utf8')
  const rows = [...document.matchAll(/^\| `([a-z-]+)` \| [^|]+ \|((?: (?:yes|no) \|)+)$/gm)].map(
    ([, action, cells = '']) => [action, cells.split('|').flatMap((cell) => (cell.trim() === '' ? [] : [cell.trim()]))],
  )
  const expected = Object.entries(PERMISSIONS).map(([action, roles]) => [
    action,
    ROLES.map((role) => (roles.some((one: Role) => one === role) ? 'yes' : 'no')),
  ])
  expect(rows).toEqual(expected)
  expect(document).toContain(`| action | what | ${ROLES.join(' | ')} |`)
})
