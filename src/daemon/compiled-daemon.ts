import { runCompiledCode } from '../system/compiled-code.ts'
import { keepEngineSmall } from '../system/engine.ts'

/** `suretyd` of a bundle. The build writes the sum. */
declare const BUILT: { readonly sum: string }

// What was compiled under other flags would count for nothing.
keepEngineSmall()
runCompiledCode({ folder: import.meta.dirname, name: 'suretyd', sum: BUILT.sum })
