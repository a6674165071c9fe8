import { codeOf, describeError } from '../base/errors.ts'
import { runCompiledCode } from '../system/program/compiled-code.ts'

/** The entry of the `surety` bundle. The build defines BUILT. */
declare const BUILT: { readonly sum: string }

try {
  runCompiledCode({ folder: import.meta.dirname, name: 'surety', sum: BUILT.sum })
} catch (error) {
  process.stderr.write(`surety: ${describeError(error)} [${codeOf(error) ?? 'INTERNAL'}]\n`)
  process.exitCode = 1
}
