import { codeOf, describeError } from '../base/errors.ts'
import { loadNativeAddon } from '../system/native/native-addon.ts'
import { runCompiledCode } from '../system/program/compiled-code.ts'
import { keepEngineSmall } from '../system/program/v8-memory.ts'

/** The entry of the `suretyd` bundle. The build defines BUILT. */
declare const BUILT: { readonly sum: string }

// Before anything is compiled: V8 rejects cached code of other flags.
keepEngineSmall()
try {
  // Before the code is read: the C library would keep the memory that this needs once.
  loadNativeAddon().keepHeapSmall()
} catch {
  // The daemon logs the reason and works without the addon.
}
try {
  runCompiledCode({ folder: import.meta.dirname, name: 'suretyd', sum: BUILT.sum })
} catch (error) {
  process.stderr.write(`suretyd: ${describeError(error)} [${codeOf(error) ?? 'INTERNAL'}]\n`)
  process.exitCode = codeOf(error) === 'CONFIG_INVALID' ? 2 : 1
}
