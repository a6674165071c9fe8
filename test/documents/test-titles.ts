const LITERAL = /('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)/.source
const FUNCTION = /(?:async\s*)?(?:\(|\w+ =>)/.source
/** `test('…', run)`, `test.each(…)('…', () =>`, and functions of a file that make tests, as `onWindows('…', async () =>`. */
const TITLE = new RegExp(
  String.raw`(?<![.\w])(?:test|describe)(?:\.\w+)?\(\s*${LITERAL},|(?:\)|^ *\w+)\(\s*${LITERAL},\s*${FUNCTION}`,
  'gm',
)

/** The titles of tests and of their groups in a source, as written. */
export function titlesIn(source: string): readonly string[] {
  return [...source.matchAll(TITLE)].map(([, plain, other = '']) =>
    (plain ?? other).slice(1, -1).replaceAll(/\\(.)/g, '$1'),
  )
}
