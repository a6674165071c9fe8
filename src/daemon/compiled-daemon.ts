import { codeOf, describeError } from '../base/errors.ts'
import { loadNativeAddon } from '../system/native/native-addon.ts'
import { runCompiledCode } from '../system/program/compiled-code.ts'
import { keepEngineSmall } from '../system/program/v8-memory.ts'

/** `suretyd` of a bundle. The build writes the sum. */
declare const BUILT: { readonly sum: string }

// What was compiled under other flags would count for nothing.
keepEngineSmall()
try {
  // Before the code is read: what that needs once, the C library would keep.
  loadNativeAddon().keepHeapSmall()
} catch {
  // The daemon tells why, and does without.
}
try {
  runCompiledCode({ folder: import.meta.dirname, name: 'suretyd', sum: BUILT.sum })
} catch (error) {
  process.stderr.write(`suretyd: ${describeError(error)} (${codeOf(error) ?? 'failed'})\n`)
  process.exitCode = codeOf(error) === 'CONFIG_INVALID' ? 2 : 1
}
