import fc from 'fast-check'
import { anyText } from '../support/any-text.ts'
import { powerShellParser } from './powershell.ts'
import { allRendered, rendered, textOf } from './rendered.ts'

/** Scripts for Windows by the grammar of PowerShell. None of them ran: there is no Windows here. */

type Parse = Awaited<ReturnType<typeof powerShellParser>>
let parse: Parse
beforeAll(async () => {
  parse = await powerShellParser()
})

test.each([[], undefined])('all scripts have the grammar of PowerShell, with the settings %j', (settings) => {
  const scripts = allRendered(settings).filter(({ name }) => name.endsWith('.ps1'))
  expect(scripts.length).toBeGreaterThan(10)
  for (const { name, text } of scripts) expect([name, parse(text).faults]).toEqual([name, []])
})

test.each(['$x = @(', "Write-Output 'a", 'if ($true) {', '$a = @{ b = ', "foreach ($x in $y) { 'a' } }", "'a''"])(
  'the grammar refuses %j',
  (text) => expect(parse(text).faults.length).toBeGreaterThan(0),
)

test('no value of a setting changes what a script does', async () => {
  const shapeOf = (owner: string) => {
    const files = rendered('gpo', [`support.owner=${owner}`, 'posture.skip=os.supported'])
    return ['windows/remediate.ps1', 'windows/remediate-detect.ps1'].map((name) => parse(textOf(files, name)))
  }
  const plain = shapeOf('a').map(({ shape }) => shape)
  const escaped = shapeOf('é').map(({ shape }) => shape)
  const allowed = anyText({ minLength: 1, maxLength: 60 }).filter((text) =>
    /^[^\p{Cc}\p{Cs}\ufffe\uffff]+$/u.test(text),
  )
  await fc.assert(
    fc.asyncProperty(fc.oneof(allowed, quotes()), async (owner) => {
      const seen = shapeOf(owner)
      expect(seen.flatMap(({ faults }) => faults)).toEqual([])
      expect(seen.map(({ shape }) => shape)).toEqual(/^[\x20-\x7e]*$/.test(owner) ? plain : escaped)
    }),
    { numRuns: 30 },
  )
})

/** What ends or begins texts in PowerShell. */
function quotes() {
  const parts = fc.constantFrom("'", '"', '‘', '’', '‚', '‛', '“', '`', '$(', ')', '}', '@{', '#', '\\', '\\u0027', ' ')
  return fc.array(parts, { minLength: 1, maxLength: 12 }).map((all) => all.join(''))
}
