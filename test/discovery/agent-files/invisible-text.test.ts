import fc from 'fast-check'
import { hasInvisibleText } from '../../../src/discovery/agent-files/invisible-text.ts'
import { isLinear } from '../../support/linear-cost.ts'

const tags = (text: string) => [...text].map((each) => String.fromCodePoint(0xe0000 + each.charCodeAt(0))).join('')
const flagOf = (subdivision: string) => `\u{1F3F4}${tags(subdivision)}\u{E007F}`
const point = (value: number) => String.fromCodePoint(value)

test.each([
  ['tags that spell a sentence', `hello${tags('rm')}`],
  ['tags behind a flag that is none', '\u{1F3F4}\u{E0072}\u{E006D}'],
  ['too many tags behind a flag', `\u{1F3F4}${'\u{E0061}'.repeat(7)}\u{E007F}`],
  ['flags of regions that spell a sentence', ['ignor', 'eall', 'rules'].map(flagOf).join('')],
  ['the flag of a region that nobody recommends', flagOf('ustx')],
  ['tags behind a flag of England', `${flagOf('gbeng')}${tags('x')}`],
  ['an end tag too many', `${flagOf('gbeng')}\u{E007F}`],
  ['a joiner behind a flag of England', `${flagOf('gbeng')}\u200D`],
  ['the tags of England without a flag', `${tags('gbeng')}\u{E007F}`],
  ['the tags of England behind a letter', `aa${tags('gbeng')}\u{E007F}`],
  ['bytes in variation selectors', '\u{1F600}\uFE0F\u{E0101}'],
  ['two selectors', '\u2764\uFE0F\uFE0E'],
  ['a selector behind a joiner', '\u2764\uFE0F\u200D\uFE0F'],
  ['a selector of the supplement on a letter', 'a\u{E0100}'],
  ['a selector on a letter', 'a\uFE0F'],
  ['a selector on a letter that is not ASCII', '\u00E9\uFE0F'],
  ['a selector on a space', '\u00A0\uFE00'],
  ['a selector that no emoji has', '\u{1F600}\uFE07'],
  ['a selector that no ideograph has', '\u845B\uFE0D'],
  ['a selector of Mongolian on a letter of another script', '\u05D0\u180B'],
  ['two selectors of Mongolian', '\u1820\u180B\u180C'],
  ['a vowel separator at the end of a word', '\u1820\u180E '],
  ['an override', 'access \u202Euser'],
  ['an isolate', '\u2066x\u2069'],
  ['a zero width space', 'a\u200Bb'],
  ['a word joiner', 'a\u2060b'],
  ['a byte order mark in the middle', 'a\uFEFF'],
  ['two byte order marks', '\uFEFF\uFEFFa'],
  ['a joiner behind ASCII', 'a\u200Db'],
  ['a non-joiner between letters of ASCII', 'a\u200Cb'],
  ['a joiner behind a letter of Latin', '\u00E9\u200D'],
  ['a non-joiner behind a letter of Greek', '\u03B1\u200C\u03B2'],
  ['a joiner behind a space that does not break', '\u00A0\u200D'],
  ['a non-joiner behind an ideograph', '\u845B\u200C'],
  ['a binary channel of joiners', `\u00E9${'\u200C\u200D'.repeat(100)}`],
  ['a binary channel of joiners behind a script that has them', `\u0645${'\u200C\u200D'.repeat(100)}`],
  ['one joiner too many', '\u0645\u200C\u200C\u062E'],
  ['a joiner behind a soft hyphen', '\u0645\u00AD\u200C\u062E'],
  ['a joiner behind a direction mark', '\u0645\u200F\u200C\u062E'],
  ['two direction marks', '\u05E9\u200F\u200E'],
  ['two soft hyphens', 'soft\u00AD\u00ADhyphen'],
  ['two grapheme joiners', '\u05B7\u034F\u034F\u05B8'],
  ['a soft hyphen behind each letter', [...'ignoreallr'].join('\u00AD')],
  ['a direction mark behind each letter', [...'ignoreall'].join('\u200E')],
  ['a direction mark behind each letter, and one that needs it', `\u05D0${[...'ignoreallr'].join('\u200F')}`],
  ['a grapheme joiner behind each letter', [...'ignoreall'].join('\u034F')],
  [
    'marks of several kinds behind each letter',
    [...'abcdefghijk'].map((each, at) => each + '\u200E\u00AD\u034F'[at % 3]).join(''),
  ],
  ['two blank patterns', 'a\u2800\u2800b'],
  ['blank patterns and spaces behind a pattern', '\u2801\u2800 \u2800\u2800 \u2800'],
  ['a blank pattern behind a direction mark', '\u05D0\u200F\u2800'],
  ['a Hangul filler', '\u3164'],
  ['a vowel of Khmer that is not written', '\u1780\u17B4'],
  ['a digit swapping', 'a\u206Fb'],
  ['an annotation', '\uFFF9a\uFFFAb\uFFFB'],
  ['a beam of music', '\u{1D173}'],
  ['a step of shorthand', '\u{1BCA2}'],
  ['what is not assigned, and ignored', 'a\u2065b\uFFF0\u{E0080}\u{E01F0}\u{E0FFF}'],
  ['text that a terminal conceals', 'a\u001b[8mb'],
  ['text concealed among others', 'a\u001b[1;31;08mb'],
  ['text concealed behind a colour of a table', 'a\u001b[38;5;1;8mb'],
  ['text concealed behind a colour', 'a\u001b[48;2;1;2;3;8mb'],
  ['text concealed behind a colour in parts', 'a\u001b[38:5:1;8mb'],
  ['text concealed in eight bits', 'a\u009b8mb'],
  ['text concealed in what names programs', 'ELF \u007fELF \u001b[8mb'],
  ['tags in a program', `\u007fELF\u0002${tags('rm')}`],
  ['text concealed behind what is none', '\u001b[\u001b[3\u001b[8m'],
])('%s is invisible text', (_, text) => expect(hasInvisibleText(text)).toBe(true))

test.each([
  ['a byte order mark at the start', '\uFEFFtext'],
  ['the flags of England, Scotland and Wales', `${['gbeng', 'gbsct', 'gbwls'].map(flagOf).join('')} are flags`],
  ['a black flag, and one with bones', '\u{1F3F4} \u{1F3F4}\u200D\u2620\uFE0F'],
  ['a family', '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'],
  ['an astronaut with a tone of skin', '\u{1F9D1}\u{1F3FD}\u200D\u{1F680}'],
  ['a heart on fire', '\u2764\uFE0F\u200D\u{1F525}'],
  ['a heart and a key', '\u2764\uFE0F 1\uFE0F\u20E3'],
  [
    'signs as text and as pictures',
    '\u2139\uFE0F \u2713\uFE0F \u26A0\uFE0E \u2460\uFE0F \u00A9\uFE0F \u2229\uFE00 \u3001\uFE01',
  ],
  ['Persian', '\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645'],
  [
    'Persian with a number, a word of Latin and quotes',
    '\u06F2\u200C\u0646\u0641\u0631 API\u200C\u0647\u0627 \u00BB\u200C\u0647\u0627',
  ],
  ['an abbreviation in Arabic', '\u0647\u200D'],
  ['Hindi and Malayalam', '\u0915\u094D\u200D\u0937 \u0915\u094D\u200C\u0937 \u0D28\u0D4D\u200D'],
  ['Sinhala', '\u0DC1\u0DCA\u200D\u0DBB\u0DD3'],
  ['Mongolian', '\u1820\u180B\u1828\u180E\u1820 \u1820\u180B\u200D'],
  ['a variant of an ideograph', '\u845B\u{E0100}'],
  ['a variant of a letter of Myanmar and of a hieroglyph', '\u1000\uFE00 \u{13091}\uFE04'],
  ['Hebrew and Arabic', '\u05E9\u05DC\u05D5\u05DD \u0645\u0631\u062D\u0628\u0627'],
  ['Hebrew with Latin in it', '\u05D1\u05E9\u05E4\u05EA C++\u200E \u05D5-C#\u200E, \u200F(ok)\u200F'],
  ['Arabic with a mark of its own', '\u0661\u061C-\u0662 \u0645 \u26A0\uFE0F\u200F'],
  ['a vowel of Hebrew that stays where it is', '\u05DC\u05B7\u034F\u05B4'],
  ['a path copied from a window', '\u200EC:\\Users'],
  ['soft hyphens', 'Donau\u00ADdampf\u00ADschiff\u00ADfahrts\u00ADge\u00ADsell\u00ADschaft in a book'],
  ['a few that nothing needs', 'a\u200E '.repeat(7)],
  ['as many as one likes far from each other', `a\u200E${' '.repeat(80)}`.repeat(100)],
  ['Braille', '\u2813\u2811\u2807\u2807\u2815\u2800\u283A'],
  [
    'a picture of patterns',
    '\u2800\u2800\n\u2800\u2800\u28FF\u2800\u2800\n\u2800\u2800\u2800\r\n\u2800\u28FF\u2800\n\u2800\u2800\n',
  ],
  ['colours', '\u001b[1;31mred\u001b[0m \u001b[38;5;8mgrey\u001b[48;2;8;8;8m\u001b[38:5:8m\u001b[28m\u001b[m'],
  ['other sequences', '\u001b[8A\u001b[8;8H\u001b]8;;https://example.org\u0007\u001b[?8h \\u001b[8m \\033[8m [8m'],
  ['a table of sequences in a program', '\u007fELF\u0002\u0000\u001b[7m\u001b[8m\u001b[9m'],
  ['half a pair', 'a\uDB40'],
  ['halves of pairs', '\uDC00\u200E\uD800\u2764\uFE0F\uDFFF'],
  ['what could not be decoded', '\uFFFD\uFFFC'],
])('%s is not', (_, text) => expect(hasInvisibleText(text)).toBe(false))

/** Texts as people write them, each beginning and ending with what is seen or with what needs nothing beside it. */
const HONEST = [
  ...[
    'plain text',
    ' ',
    '\n',
    '\t',
    'r\u00E9sum\u00E9',
    'na\u0308ive',
    '\u6F22\u5B57',
    '\uD55C\uAE00',
    '\u0440\u0443\u0441',
  ],
  ...[
    '\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645 ',
    '\u06A9\u062A\u0627\u0628\u200C\u0647\u0627 ',
    '\u0647\u200D ',
  ],
  ...['\u05E9\u05DC\u05D5\u05DD C++\u200E ', '\u0645\u0631\u062D\u0628\u0627\u200F ', '\u0661\u0645\u061C-\u0662'],
  ...['soft\u00ADhyphen ', 'Donau\u00ADdampf\u00ADschiff '],
  ...[
    '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}',
    '\u2764\uFE0F\u200D\u{1F525}',
    '\u{1F9D1}\u{1F3FD}\u200D\u{1F680}',
    '\u2713\uFE0F',
  ],
  ...['1\uFE0F\u20E3', '#\uFE0F\u20E3', flagOf('gbeng'), flagOf('gbsct'), flagOf('gbwls'), '\u{1F1E9}\u{1F1EA}'],
  ...['\u0915\u094D\u200D\u0937', '\u0D28\u0D4D\u200D ', '\u0DC1\u0DCA\u200D\u0DBB\u0DD3', '\u0995\u09CD\u200C\u09B7'],
  ...['\u1820\u180B', '\u1828\u180E\u1820', '\u845B\u{E0100}', '\u845B\u{E01EF}\u98FE', '\u2813\u2811\u2800\u283A'],
]
/** Everything in the set that is not seen: all that is ignored by default, annotations, and the blank pattern. */
const SILENT = Array.from({ length: 0xe1000 }, (_, at) => at)
  .filter(
    (at) => (at < 0xd800 || at > 0xdfff) && /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800]/u.test(point(at)),
  )
  .map(point)

const honestText = fc.array(fc.constantFrom(...HONEST), { maxLength: 40 }).map((parts) => parts.join(''))
const anyText = fc.oneof(honestText, fc.string({ unit: 'binary', maxLength: 20 }))

test('takes no text that people write for invisible, with a byte order mark or without', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => !hasInvisibleText(text)))
  fc.assert(
    fc.property(fc.boolean(), honestText, (marked, text) => !hasInvisibleText(`${marked ? '\uFEFF' : ''}${text}`)),
    { numRuns: 1_000 },
  )
})

test('anything with a tag in it is invisible text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii' }), fc.nat(), (text, at) => {
      const cut = at % (text.length + 1)
      return hasInvisibleText(`${text.slice(0, cut)}\u{E0041}${text.slice(cut)}`)
    }),
  )
})

test('finds two bytes spelt in any two invisible symbols, at any place', () => {
  expect(SILENT.length).toBeGreaterThan(4_000)
  const common = fc.constantFrom(
    ...[
      '\u00AD',
      '\u034F',
      '\u061C',
      '\u200B',
      '\u200C',
      '\u200D',
      '\u200E',
      '\u200F',
      '\u2800',
      '\uFE0E',
      '\uFE0F',
      '\uFEFF',
    ],
    ...['\u180B', '\u180E', '\u2064', '\u206A', '\u3164', '\u{E0067}', '\u{E007F}', '\u{E0100}', '\uFFF9'],
  )
  const symbol = fc.oneof(common, fc.constantFrom(...SILENT))
  const bits = fc.array(fc.boolean(), { minLength: 16, maxLength: 64 }).filter((all) => new Set(all).size === 2)
  fc.assert(
    fc.property(anyText, symbol, symbol, bits, anyText, (before, zero, one, all, after) => {
      fc.pre(zero !== one)
      return hasInvisibleText(`${before}${all.map((bit) => (bit ? one : zero)).join('')}${after}`)
    }),
    { numRuns: 3_000 },
  )
})

test('so are the bits of two marks behind each letter that needs none', () => {
  const mark = fc.constantFrom('\u00AD', '\u034F', '\u061C', '\u200B', '\u200C', '\u200D', '\u200E', '\u200F', '\uFE0F')
  const bits = fc.array(fc.boolean(), { minLength: 16, maxLength: 64 })
  fc.assert(
    fc.property(mark, mark, bits, (zero, one, all) =>
      hasInvisibleText(all.map((bit, at) => `${'ignore'[at % 6]}${bit ? one : zero}`).join('')),
    ),
  )
})

test.each([
  ['direction marks', '\u05D0\u200F'],
  ['soft hyphens', 'soft\u00ADhyphen '],
  ['joiners', '\u0645\u200C'],
  ['blank patterns', '\u2800'],
  ['blank patterns and lines', '\u28FF\n\u2800\n'],
  ['empty lines', '\n'],
  ['sequences of a terminal', '\u001b['],
  ['long sequences of a terminal', '1'],
  ['lines with marks', 'a\u05D0\u200F\n'],
])('a million units of %s are looked through in linear time', async (_, part) => {
  const look = (units: number) => hasInvisibleText(`\u001b[${part.repeat(units / part.length)}`)
  expect(await isLinear(look, 1_000_000)).toBe(true)
})
