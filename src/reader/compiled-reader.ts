import { runCompiledCode } from '../system/program/compiled-code.ts'

/** The reader child of a bundle. The build writes the sum. */
declare const BUILT: { readonly sum: string }

runCompiledCode({ folder: import.meta.dirname, name: 'reader', sum: BUILT.sum })
