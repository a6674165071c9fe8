import fc from 'fast-check'
import { compilePathPattern, scanPath } from '../../../src/discovery/catalogue/path-pattern.ts'

const HOMES = ['/home/alice', '/root']

test.each([
  ['/usr/bin/goose', '/usr/bin/goose', true],
  ['/usr/bin/goose', '/usr/bin/goose2', false],
  ['/usr/bin/goose', '/x/usr/bin/goose', false],
  ['/opt/*/bin/codex', '/opt/codex/bin/codex', true],
  ['/opt/*/bin/codex', '/opt/a/b/bin/codex', false],
  ['**/.bin/gemini', '/x/node_modules/.bin/gemini', true],
  ['**/.bin/gemini', './.bin/gemini', true],
  ['**/.bin/gemini', '.bin/gemini', true],
  ['**/.bin/gemini', '/x/a.bin/gemini', false],
  ['**/.bin/gemini', '/x/.bin/gemini/notes.md', false],
  ['**/a/**/z', '/a/z', true],
  ['**/a/**/z', '/x/a/b/c/z', true],
  ['**/a/**/z', '/x/a/b/cz', false],
  ['/a/**', '/a/b/c', true],
  ['/a/**', '/a', false],
  ['~/.local/bin/claude', '/home/alice/.local/bin/claude', true],
  ['~/.local/bin/claude', '/root/.local/bin/claude', true],
  ['~/.local/bin/claude', '/home/bob/.local/bin/claude', false],
  ['~/.local/bin/claude', '/home/alice/x/.local/bin/claude', false],
  ['/opt/*/bin/codex', '/opt/x/../y/bin/codex', true],
  ['/opt/a.b/c', '/opt/axb/c', false],
])('%s on %s: %s', (pattern, path, matches) => {
  expect(compilePathPattern(pattern)(scanPath(path, HOMES))).toBe(matches)
})

test('a literal pattern matches itself and nothing longer', () => {
  const segment = fc.stringMatching(/^[a-z.+$()[\]]{1,8}$/).filter((text) => !/^\.+$/.test(text))
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), segment, (segments, more) => {
      const path = `/${segments.join('/')}`
      const matches = compilePathPattern(path)
      return (
        matches(scanPath(path, [])) && !matches(scanPath(path + more, [])) && !matches(scanPath(`/${more}${path}`, []))
      )
    }),
  )
})
