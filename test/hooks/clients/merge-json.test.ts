import fc from 'fast-check'
import { describeError } from '../../../src/base/errors.ts'
import { mergeJsonHooks } from '../../../src/hooks/clients/merge-json.ts'
import { anyText } from '../../support/any-text.ts'
import { codeThrown } from '../../support/code-thrown.ts'

const OURS = { command: '/usr/lib/surety-hook test', failClosed: true, nested: { list: [1, 'a\nb'] } }
const HOOKS = { members: { version: 1 }, events: { before: OURS, after: OURS }, comments: false }
const WITH_COMMENTS = { ...HOOKS, comments: true }
const merge = (text: string | undefined) => mergeJsonHooks(text, HOOKS)

test.each([undefined, '', '\n', '  \r\n', '\ufeff'])('a file of %j becomes a whole document', (text) => {
  const merged = merge(text)
  expect(JSON.parse(merged)).toEqual({ version: 1, hooks: { before: [OURS], after: [OURS] } })
  expect(merged.endsWith('}\n')).toBe(true)
})

const other = fc.record({ command: anyText({ maxLength: 8 }) }).map((hook) => ({ ...hook, matcher: 'x' }))
const documents = fc.record(
  {
    version: fc.constant(1),
    hooks: fc.record(
      {
        before: fc.array(fc.oneof(other, fc.constant(OURS)), { maxLength: 3 }),
        after: fc.array(other, { maxLength: 2 }),
        elsewhere: fc.array(other, { maxLength: 2 }),
      },
      { requiredKeys: [] },
    ),
    settings: fc.jsonValue({ maxDepth: 3 }),
  },
  { requiredKeys: [] },
)

test('all that others wrote stays, in its order, and our hooks come first', () => {
  fc.assert(
    fc.property(
      documents,
      fc.constantFrom(undefined, 2, 4, '\t'),
      fc.constantFrom('\n', '\r\n'),
      (value, indent, end) => {
        const text = `${JSON.stringify(value, undefined, indent)}\n`.replaceAll('\n', end)
        const before = JSON.parse(text)
        const merged = merge(text)
        const listOf = (event: 'before' | 'after') => {
          const list: object[] = before.hooks?.[event] ?? []
          return list.some((hook) => JSON.stringify(hook) === JSON.stringify(OURS)) ? list : [OURS, ...list]
        }
        expect(JSON.parse(merged)).toEqual({
          ...before,
          version: 1,
          hooks: { ...before.hooks, before: listOf('before'), after: listOf('after') },
        })
        expect(merge(merged)).toBe(merged)
        // What was there is cut by our lines, and not changed.
        let at = 0
        for (const character of text) {
          const next = merged.indexOf(character, at)
          expect(next).not.toBe(-1)
          at = next + 1
        }
        if (end === '\r\n') expect(merged.replaceAll('\r\n', '')).not.toContain('\n')
      },
    ),
  )
})

test('the indentation of the file is kept', () => {
  const text = '{\n\t"hooks": {\n\t\t"before": [\n\t\t\t{\n\t\t\t\t"command": "theirs"\n\t\t\t}\n\t\t]\n\t}\n}\n'
  const lines = merge(text).split('\n')
  expect(lines).toContain('\t\t\t\t"command": "/usr/lib/surety-hook test",')
  expect(lines).toContain('\t\t\t\t"command": "theirs"')
  expect(lines.filter((line) => line.startsWith(' '))).toEqual([])
})

test('comments stay where the client reads them', () => {
  const text = '// top\n{ // one\n  "hooks": { /* none yet */ }, // two\n  "theme": "dark" // three\n}\n'
  const merged = mergeJsonHooks(text, WITH_COMMENTS)
  for (const comment of ['// top', '// one', '/* none yet */', '// two', '// three']) expect(merged).toContain(comment)
  expect(merged).toContain('"theme": "dark" // three\n}\n')
  expect(mergeJsonHooks(merged, WITH_COMMENTS)).toBe(merged)
})

test('a byte order mark is left out once something is added', () => {
  expect(merge('\ufeff{}')).not.toContain('\ufeff')
  const whole = `\ufeff${merge(undefined)}`
  expect(merge(whole)).toBe(whole)
})

test.each([
  ['[]', 'INPUT_MALFORMED', 'the document must be an object'],
  ['null', 'INPUT_MALFORMED', 'the document must be an object'],
  ['"hooks"', 'INPUT_MALFORMED', 'the document must be an object'],
  ['{"hooks": []}', 'INPUT_MALFORMED', 'its member "hooks" must be an object'],
  ['{"hooks": null}', 'INPUT_MALFORMED', 'its member "hooks" must be an object'],
  ['{"hooks": {"before": {}}}', 'INPUT_MALFORMED', 'the hooks of before must be a list'],
  ['{"hooks": {"after": "x"}}', 'INPUT_MALFORMED', 'the hooks of after must be a list'],
  ['{"hooks": {},\n "hooks": {}}', 'INPUT_MALFORMED', 'line 2: a second member of one name'],
  ['{"hooks": {', 'INPUT_MALFORMED', 'line 1: it ends too early'],
  ['{} // a comment', 'INPUT_MALFORMED', 'line 1: more than one value'],
  ['{"version": 2}', 'CONFLICT', 'its member "version" is not 1, the only value that is known'],
  ['{"version": "1"}', 'CONFLICT', 'its member "version" is not 1, the only value that is known'],
  [
    '{"hooks": {"before": [{"command": "/old/surety-hook test"}]}}',
    'CONFLICT',
    'the hooks of before have another entry for surety-hook: remove it, then install again',
  ],
] as const)('%j is refused', async (text, code, words) => {
  expect(await codeThrown(() => merge(text))).toBe(code)
  try {
    merge(text)
  } catch (error) {
    expect(describeError(error)).toBe(words)
  }
})
