import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** How the native tray hosts read the document of the command line: the same source for Windows and macOS, run here on Linux. */

const ROOT = resolve(import.meta.dirname, '../../..')
const TRAY = join(ROOT, 'native/tray')

const item = { type: 'text', text: 'All is well' }
const document = {
  schema: 'surety/tray@1',
  state: 'ok',
  title: 'Surety',
  tooltip: 'Surety: all is well',
  visible: true,
  items: [item],
}
const notice = { id: 'stop-1', title: 'Stopped', text: 'An agent was stopped', urgency: 'critical' }
const menu = (depth: number): object => ({ type: 'menu', text: 'more', items: depth === 0 ? [] : [menu(depth - 1)] })
const link = (url: string) => ({ ...document, items: [{ type: 'link', text: 'page', url }] })
const action = (...args: readonly string[]) => ({
  ...document,
  items: [{ type: 'action', text: 'go', arguments: args }],
})
const titled = (written: string) => JSON.stringify({ ...document, title: 'X' }).replace('"X"', written)
const copies = (count: number, one: object) => Array.from({ length: count }, () => one)

const withGcc = existsSync('/usr/bin/gcc') ? describe : describe.skip
withGcc('the document of the tray, as its hosts read it', () => {
  const folder = temporaryFolder()
  const probe = join(folder.path, 'probe')
  afterAll(() => folder[Symbol.dispose]())
  beforeAll(() => {
    const checks = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all']
    const flags = ['-std=c11', '-O1', '-g', '-Wall', '-Wextra', '-Werror', ...checks, `-I${TRAY}`]
    const sources = [
      ...['document.c', 'json.c', 'unreadable.c'].map((name) => join(TRAY, name)),
      join(import.meta.dirname, 'tray-document-probe.c'),
    ]
    const { status, stderr } = spawnSync('/usr/bin/gcc', [...flags, ...sources, '-o', probe], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
  })

  /** All in one run of the program. */
  function readAll(lines: readonly (string | Uint8Array)[]): readonly unknown[] {
    const parts = lines.flatMap((line) => {
      const bytes = Buffer.from(line)
      const length = Buffer.alloc(4)
      length.writeUInt32LE(bytes.length)
      return [length, bytes]
    })
    const options = { input: Buffer.concat(parts), encoding: 'utf8', maxBuffer: 1 << 28 } as const
    const { status, stdout, stderr } = spawnSync(probe, options)
    expect([status, stderr]).toEqual([0, ''])
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
  }
  const read = (line: string | object) => readAll([typeof line === 'string' ? line : JSON.stringify(line)])[0]

  test('a whole document is read as it is', () => {
    const { schema: _, ...whole } = {
      ...document,
      state: 'attention',
      visible: false,
      items: [
        { type: 'text', text: 'Gerät „MÜLLER“ – 漢字 😀 & "quoted" \\' },
        { type: 'separator' },
        { type: 'menu', text: 'Disk', items: [item, { type: 'menu', text: 'empty', items: [] }] },
        { type: 'action', text: 'How to fix', arguments: ['explain', 'disk.encrypted', '', 'a "b" c\\'] },
        { type: 'link', text: 'What is collected', url: 'https://example.org/privacy?a=1&b=%20#c' },
        { type: 'link', text: 'Ask', url: 'mailto:it@example.org' },
      ],
      notices: [notice, { ...notice, id: 'other', urgency: 'normal' }],
    }
    expect(read({ ...whole, schema: 'surety/tray@1' })).toEqual(whole)
    const states = ['ok', 'attention', 'stopped', 'not-enrolled', 'pending', 'unreachable']
    expect(readAll(states.map((state) => JSON.stringify({ ...document, state })))).toEqual(
      states.map((state) => expect.objectContaining({ state, notices: [] })),
    )
  })

  test('skips members that it does not know, with any value', () => {
    const more = { a: [1, 0, -2.5e3, 1e9, 0.5, true, null, { b: [] }], c: {}, d: '\u{1F600}\n' }
    expect(read({ ...more, ...document, items: [{ ...item, ...more }] })).toMatchObject({ items: [item] })
  })

  test('texts lose what moves or hides other text, and are cut', () => {
    const title = 'a\u202Eb\u2066c\u200Fd\ne\u0085f\u061Cg\u2028h\u0000i\u007Fj\uFEFFk'
    expect(read({ ...document, title })).toMatchObject({ title: 'abcdefghijk' })
    for (const one of ['x', 'ü', '漢', '😀']) {
      expect(read({ ...document, title: one.repeat(120) })).toMatchObject({ title: one.repeat(120) })
      expect(read({ ...document, title: one.repeat(121) })).toMatchObject({ title: `${one.repeat(119)}…` })
    }
    expect(read(titled('"\\ud83d\\ude00\\u00fc\\t\\/"'))).toMatchObject({ title: '😀ü/' })
  })

  test.each<[string, string, string | object]>([
    ['nothing', 'it is not JSON', ''],
    ['a word', 'it is not JSON', 'surety'],
    ['an array', 'it is not JSON', [document]],
    ['something after it', 'it is not JSON', `${JSON.stringify(document)} x`],
    ['two documents', 'it is not JSON', `${JSON.stringify(document)}${JSON.stringify(document)}`],
    ['a document that is cut', 'it is not JSON', JSON.stringify(document).slice(0, -1)],
    ['a comma too much', 'it is not JSON', JSON.stringify(document).replace('}]', '},]')],
    ['a control character', 'it is not JSON', titled('"\t"')],
    ['an unknown escape', 'it is not JSON', titled('"\\x41"')],
    ['a value that is too deep', 'it is not JSON', { ...document, more: JSON.parse('['.repeat(40) + ']'.repeat(40)) }],
    ['a number that is none', 'it is not JSON', JSON.stringify(document).replace('{', '{"more":01,')],
    ['half of a pair', 'a text is not valid', titled('"\\ud83d"')],
    ['the other half of a pair', 'a text is not valid', titled('"\\ude00"')],
    ['a pair that is none', 'a text is not valid', titled('"\\ud83d\\u0041"')],
    ['another schema', 'it has a value that is not known', { ...document, schema: 'surety/tray@2' }],
    ['an unknown state', 'it has a value that is not known', { ...document, state: 'fine' }],
    [
      'an unknown kind of item',
      'it has a value that is not known',
      { ...document, items: [{ type: 'html', text: 'x' }] },
    ],
    [
      'an unknown urgency',
      'it has a value that is not known',
      { ...document, notices: [{ ...notice, urgency: 'low' }] },
    ],
    ['visible as a text', 'it has a value that is not known', { ...document, visible: 'true' }],
    ['no schema', 'a member is missing', { ...document, schema: undefined }],
    ['no state', 'a member is missing', { ...document, state: undefined }],
    ['no title', 'a member is missing', { ...document, title: undefined }],
    ['no tooltip', 'a member is missing', { ...document, tooltip: undefined }],
    ['no visible', 'a member is missing', { ...document, visible: undefined }],
    ['no items', 'a member is missing', { ...document, items: undefined }],
    ['a text without text', 'a member is missing', { ...document, items: [{ type: 'text' }] }],
    ['a menu without items', 'a member is missing', { ...document, items: [{ type: 'menu', text: 'x' }] }],
    ['an action without arguments', 'a member is missing', action()],
    ['a link without URL', 'a member is missing', { ...document, items: [{ type: 'link', text: 'x' }] }],
    ['an item without a kind', 'a member is missing', { ...document, items: [{ text: 'x' }] }],
    ['a notice without an id', 'a member is missing', { ...document, notices: [{ ...notice, id: '' }] }],
    ['a notice without urgency', 'a member is missing', { ...document, notices: [{ ...notice, urgency: undefined }] }],
    ['a state twice', 'it has a member twice', JSON.stringify(document).replace('"title"', '"state":"ok","title"')],
    ['items twice', 'it has a member twice', JSON.stringify(document).replace('"items"', '"items":[],"items"')],
    ['a title twice', 'it has a member twice', JSON.stringify(document).replace('"title"', '"title":"","title"')],
    ['too many items in a menu', 'it has too many items', { ...document, items: copies(41, item) }],
    [
      'too many items',
      'it has too many items',
      { ...document, items: copies(40, { ...menu(0), items: copies(40, { ...menu(0), items: copies(3, item) }) }) },
    ],
    ['menus that are too deep', 'it has too many items', { ...document, items: [menu(4)] }],
    ['too many notices', 'it has too many items', { ...document, notices: copies(17, notice) }],
    ['too many arguments', 'it has too many items', action(...Array<string>(17).fill('x'))],
    ['a long argument', 'a word is too long', action('x'.repeat(1025))],
    ['a long id', 'a word is too long', { ...document, notices: [{ ...notice, id: 'x'.repeat(1025) }] }],
    ['a line break in an argument', 'an argument has a character that is not allowed', action('a\nb')],
    ['a NUL in an argument', 'an argument has a character that is not allowed', action('a\0b')],
    ['a bidi control in an argument', 'an argument has a character that is not allowed', action('a\u202Eb')],
    ['a line that is too long', 'it is too long', JSON.stringify({ ...document, more: 'x'.repeat(512 * 1024) })],
  ])('%s is refused', (_, wrong, line) => expect(read(line)).toEqual({ wrong }))

  test.each([
    ...[
      'http://example.org/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'HTTPS://example.org',
      ' https://example.org',
    ],
    ...[
      'https://',
      'mailto:',
      'https:example.org',
      'https://example.org/a b',
      'https://example.org/"',
      'https://exämple.org',
    ],
    ...[
      'https://example.org/\\..',
      'https://example.org/<x>',
      'C:\\Windows\\notepad.exe',
      '\\\\host\\share',
      'ms-settings:x',
      '',
    ],
  ])('a link to %j is refused', (url) =>
    expect(read(link(url))).toEqual({ wrong: 'a link leads to another place than https or mailto' }),
  )

  test('only the shortest form of a character is UTF-8', () => {
    const [before = '', after = ''] = titled('"X"').split('X')
    const bad = ['80', 'c0af', 'e08080', 'f0808080', 'eda080', 'f4908080', 'f5808080', 'ff', 'c3', 'e28c', 'c328']
    const lines = bad.map((hex) => Buffer.concat([Buffer.from(before), Buffer.from(hex, 'hex'), Buffer.from(after)]))
    expect(readAll(lines)).toEqual(bad.map(() => ({ wrong: 'a text is not valid' })))
  })

  test('what JSON.parse refuses is refused, and no bytes make it read outside', () => {
    const whole = JSON.stringify({ ...document, items: [item, menu(1), ...action('a').items], notices: [notice] })
    const changed = fc
      .tuple(fc.nat(whole.length - 1), fc.nat(3), fc.uint8Array({ maxLength: 4 }))
      .map(([at, gone, bytes]) =>
        Buffer.concat([Buffer.from(whole.slice(0, at)), bytes, Buffer.from(whole.slice(at + gone))]),
      )
    const lines = fc.sample(fc.oneof(changed, fc.uint8Array({ maxLength: 200 })), 4000)
    const found = readAll(lines)
    expect(found).toHaveLength(lines.length)
    for (const [at, one] of found.entries()) {
      if (!('wrong' in (one as object))) expect(() => JSON.parse(Buffer.from(lines[at] ?? []).toString())).not.toThrow()
    }
  })
})
