import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { printable } from '../../../src/base/text/printable.ts'
import { TRAY_STATES, type TrayDocument, type TrayItem } from '../../../src/cli/tray/tray-document.ts'
import { trayText } from '../../../src/cli/tray/tray-formats.ts'
import { bounded } from '../../../src/cli/tray/tray-items.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** How the native tray hosts read the document of the command line: the same source for Windows and macOS, run here on Linux. */

const ROOT = resolve(import.meta.dirname, '../../..')
const TRAY = join(ROOT, 'native/tray')

const item = { type: 'text', text: 'All is well' } as const
const notice = { id: 'stop-1', title: 'Stopped', text: 'An agent was stopped', urgency: 'critical' } as const
const document: TrayDocument = {
  schema: 'surety/tray@1',
  state: 'ok',
  title: 'Surety',
  tooltip: 'Surety: all is well',
  visible: true,
  items: [item],
  notices: [],
}
const menu = (depth: number): TrayItem => ({ type: 'menu', text: 'more', items: depth === 0 ? [] : [menu(depth - 1)] })
const link = (url: string): TrayItem => ({ type: 'link', text: 'page', url })
const action = (...args: readonly string[]): TrayItem => ({ type: 'action', text: 'go', arguments: args })
const line = (changes: Partial<TrayDocument> = {}) =>
  trayText({ ...document, ...changes }, 'lines', { watch: true }).slice(0, -1)
/** A line of fields as no writer of ours makes it. */
const fields = (...items: readonly string[]) =>
  ['surety/tray-line@1', 'ok', 'visible', 'Surety', 'tip', ...items].join('\t')
const copies = <T>(count: number, one: T) => Array.from({ length: count }, () => one)

const NOT_KNOWN = 'it has a value that is not known'
const MISSING = 'a field is missing'
const NOT_TEXT = 'a text is not valid'
const TOO_MUCH = 'it has too many items'
const TOO_LONG = 'a text is too long'
const BAD_URL = 'a link leads to another place than https or mailto'

const withGcc = existsSync('/usr/bin/gcc') ? describe : describe.skip
withGcc('the document of the tray, as its hosts read it', () => {
  const folder = temporaryFolder()
  const probe = join(folder.path, 'probe')
  afterAll(() => folder[Symbol.dispose]())
  beforeAll(() => {
    const checks = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all']
    const flags = ['-std=c11', '-O1', '-g', '-Wall', '-Wextra', '-Werror', ...checks, `-I${TRAY}`]
    const sources = [join(TRAY, 'document.c'), join(import.meta.dirname, 'tray-document-probe.c')]
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
  const read = (line: string) => readAll([line])[0]

  test('a whole document is read as it is', () => {
    const { schema: _, ...whole }: TrayDocument = {
      ...document,
      state: 'attention',
      visible: false,
      items: [
        { type: 'text', text: 'Gerät „MÜLLER“ – 漢字 😀 & "quoted" \\' },
        { type: 'text', text: '' },
        { type: 'separator' },
        { type: 'menu', text: 'Disk', items: [item, { type: 'menu', text: 'empty', items: [] }] },
        { type: 'action', text: 'How to fix', arguments: ['explain', 'disk.encrypted', '', 'a "b" c\\'] },
        { type: 'link', text: 'What is collected', url: 'https://example.org/privacy?a=1&b=%20#c' },
        { type: 'link', text: 'Ask', url: 'mailto:it@example.org' },
        menu(2),
      ],
      notices: [notice, { ...notice, id: 'other', urgency: 'normal' }],
    }
    expect(read(line(whole))).toEqual(whole)
    expect(readAll(TRAY_STATES.map((state) => line({ state })))).toEqual(
      TRAY_STATES.map((state) => expect.objectContaining({ state, notices: [] })),
    )
  })

  test('reads the largest document of the command line', () => {
    const text = '漢'.repeat(120)
    const action: TrayItem = { type: 'action', text, arguments: copies(8, 'x'.repeat(64)) }
    const inner: TrayItem = { type: 'menu', text, items: copies(40, action) }
    const notices = copies(8, { id: 'x'.repeat(200), title: text, text, urgency: 'normal' } as const)
    expect(read(line({ title: text, tooltip: text, items: copies(8, inner), notices }))).toMatchObject({ title: text })
  })

  test('takes every character in a text, escaped by the writer where needed', () => {
    const texts = Array.from({ length: 0x110000 / 12 }, (_, at) =>
      String.fromCodePoint(...Array.from({ length: 12 }, (_, more) => at * 12 + more)),
    )
    const lines = Array.from({ length: Math.ceil(texts.length / 40) }, (_, at) =>
      line({ items: texts.slice(at * 40, at * 40 + 40).map((text) => ({ type: 'text', text })) }),
    )
    expect(readAll(lines).filter((one) => 'wrong' in (one as object))).toEqual([])
  })

  test('reads hostile texts as the writer escapes and cuts them', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({
        unit: fc.constantFrom('\t', '\n', '\r', '\0', '\u0085', '\u2028', '\u202E', '\ud800', 'a', '漢', '😀'),
      }),
    )
    const written = fc.sample(fc.tuple(hostile, hostile, hostile), 500)
    const lines = written.map(([title, text, word]) =>
      line({
        title,
        items: [{ type: 'menu', text, items: [action(word)] }],
        notices: [{ ...notice, id: `x${word}`, title, text }],
      }),
    )
    expect(lines.filter((one) => one.includes('\n'))).toEqual([])
    const read = written.map(([title, text, word]) => {
      const isWord = printable(word) === word
      return {
        title: bounded(title),
        items: [{ type: 'menu', text: bounded(text), items: [isWord ? action(word) : { type: 'text', text: 'go' }] }],
        notices: isWord ? [{ id: `x${word}`, title: bounded(title), text: bounded(text) }] : [],
      }
    })
    expect(readAll(lines)).toMatchObject(read)
  })

  test('turns an item that a host could not take as it is into a text', () => {
    const bad = ['a\tb', 'a\nb', 'a\0b', 'a\u202Eb', 'x'.repeat(1025)]
    const items = bad.flatMap((word) => [action('x', word), link(`https://example.org/${word}`)])
    const notices = bad.map((id) => ({ ...notice, id }))
    expect(read(line({ items, notices: [...notices, notice] }))).toMatchObject({
      items: bad.flatMap(() => [
        { type: 'text', text: 'go' },
        { type: 'text', text: 'page' },
      ]),
      notices: [notice],
    })
  })

  test.each<[string, string, string]>([
    ['nothing', NOT_KNOWN, ''],
    ['JSON', NOT_KNOWN, JSON.stringify(document)],
    ['another format', NOT_KNOWN, line().replace('@1', '@2')],
    ['an unknown state', NOT_KNOWN, line().replace('ok', 'fine')],
    ['another word for visible', NOT_KNOWN, line().replace('visible', 'true')],
    ['an unknown kind of item', NOT_KNOWN, fields('1', 'html', 'x', '0')],
    ['an unknown urgency', NOT_KNOWN, fields('0', '1', 'low', 'id', 'title', 'text')],
    ['a number that is none', NOT_KNOWN, fields('x', '0')],
    ['a negative number', NOT_KNOWN, fields('-1', '0')],
    ['a number with a space', NOT_KNOWN, fields('0 ', '0')],
    ['no number', NOT_KNOWN, fields('', '0')],
    ['no items', MISSING, fields()],
    ['no notices', MISSING, fields('0')],
    ['fewer items than it says', MISSING, fields('2', 'text', 'x')],
    ['a menu without items', MISSING, fields('1', 'menu', 'x')],
    ['an action without arguments', MISSING, fields('1', 'action', 'x', '0', '0')],
    ['a link without URL', MISSING, fields('1', 'link', 'x')],
    ['a notice without an id', MISSING, line({ notices: [{ ...notice, id: '' }] })],
    ['a line that is cut', MISSING, line({ notices: [notice] }).slice(0, -notice.text.length - 1)],
    ['more items than it says', NOT_KNOWN, fields('1', 'text', 'x', 'text', 'y', '0')],
    ['something after it', 'it has something after its end', `${line()}\t`],
    ['two documents', 'it has something after its end', `${line()}\t${line()}`],
    ['a control character', NOT_TEXT, fields('1', 'text', 'a\u0007b', '0')],
    ['a NUL', NOT_TEXT, fields('1', 'text', 'a\0b', '0')],
    ['a bidi control', NOT_TEXT, fields('1', 'action', 'x', '1', 'a\u202Eb', '0')],
    ['too many items in a menu', TOO_MUCH, line({ items: copies(41, item) })],
    ['a huge number of items', TOO_MUCH, fields('99999999999999999999', '0')],
    [
      'too many items',
      TOO_MUCH,
      line({
        items: copies(40, { ...menu(0), items: copies(40, { ...menu(0), items: copies(3, item) }) } as TrayItem),
      }),
    ],
    ['menus that are too deep', TOO_MUCH, line({ items: [menu(3)] })],
    ['too many notices', TOO_MUCH, line({ notices: copies(17, notice) })],
    ['too many arguments', TOO_MUCH, line({ items: [action(...copies(17, 'x'))] })],
    [
      'too many arguments in all',
      TOO_MUCH,
      line({ items: copies(7, { ...menu(0), items: copies(40, action(...copies(16, 'x'))) } as TrayItem) }),
    ],
    ['a long text', TOO_LONG, fields('1', 'text', 'x'.repeat(481), '0')],
    ['a long argument', TOO_LONG, fields('1', 'action', 'x', '1', 'x'.repeat(1025), '0')],
    ['a long id', TOO_LONG, fields('0', '1', 'normal', 'x'.repeat(1025), 'title', 'text')],
    ['a line that is too long', 'it is too long', 'x'.repeat(512 * 1024 + 1)],
  ])('%s is refused', (_, wrong, written) => expect(read(written)).toEqual({ wrong }))

  test.each([
    ...[
      'http://example.org/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'HTTPS://example.org',
      ' https://example.org',
    ],
    ...['https://', 'mailto:', 'https:example.org', 'https://example.org/a b', 'https://example.org/"'],
    ...['https://exämple.org', 'https://example.org/\\..', 'https://example.org/<x>', 'C:\\Windows\\notepad.exe'],
    ...['\\\\host\\share', 'ms-settings:x', ''],
  ])('a link to %j is refused', (url) => expect(read(line({ items: [link(url)] }))).toEqual({ wrong: BAD_URL }))

  test('only the shortest form of a character is UTF-8', () => {
    const [before = '', after = ''] = line({ title: 'X' }).split('X')
    const bad = ['80', 'c0af', 'e08080', 'f0808080', 'eda080', 'f4908080', 'f5808080', 'ff', 'c3', 'e28c', 'c328']
    const lines = bad.map((hex) => Buffer.concat([Buffer.from(before), Buffer.from(hex, 'hex'), Buffer.from(after)]))
    expect(readAll(lines)).toEqual(bad.map(() => ({ wrong: NOT_TEXT })))
  })

  test('reads no byte outside of any line, and takes none that hides text', () => {
    const whole = line({ items: [item, menu(1), action('a'), link('https://x/')], notices: [notice] })
    const changed = fc
      .tuple(fc.nat(whole.length - 1), fc.nat(3), fc.uint8Array({ maxLength: 4 }))
      .map(([at, gone, bytes]) =>
        Buffer.concat([Buffer.from(whole.slice(0, at)), bytes, Buffer.from(whole.slice(at + gone))]),
      )
    const lines = fc.sample(fc.oneof(changed, fc.uint8Array({ maxLength: 200 })), 4000)
    const found = readAll(lines)
    expect(found).toHaveLength(lines.length)
    const taken = lines.filter((_, at) => !('wrong' in (found[at] as object)))
    expect(taken.length).toBeGreaterThan(100)
    const utf8 = new TextDecoder('utf-8', { fatal: true })
    for (const one of taken)
      expect(utf8.decode(one).replaceAll('\t', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u)
  })
})
