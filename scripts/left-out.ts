import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from 'esbuild'

/** What bundles leave out of the sources because nothing there reads it. A resident daemon would keep it in memory. */

const POSTURE = resolve(import.meta.dirname, '../src/posture')

/** @param own the system of the bundle, as Node calls it. The checks of others never run there: they are undefined. */
export function withoutOtherSystems(own: 'linux' | 'darwin' | 'win32'): Plugin {
  const folder = join(POSTURE, own === 'win32' ? 'windows' : own)
  return {
    name: 'without-other-systems',
    setup({ onLoad }) {
      onLoad(
        { namespace: 'file', filter: /\/src\/posture\/(linux|darwin|windows)\/(checks|hardware)\.ts$/ },
        async ({ path }) => (path.startsWith(folder) ? undefined : constants(await exportsOf(path), () => undefined)),
      )
    },
  }
}

/** For the daemon: cards of checks without what people read about them. Other programs show those texts. */
export const withoutCheckTexts: Plugin = {
  name: 'without-check-texts',
  setup({ onLoad }) {
    onLoad({ namespace: 'file', filter: /\/src\/checks\/\w+-[\w-]+\.ts$/ }, async ({ path }) =>
      constants(await exportsOf(path), (card) => ({ ...card, english: undefined, german: undefined })),
    )
  },
}

/** For the console, which is in English. */
export const withoutGerman: Plugin = {
  name: 'without-german',
  setup({ onLoad }) {
    onLoad({ namespace: 'file', filter: /\/src\/checks\/\w+-[\w-]+\.ts$/ }, async ({ path }) =>
      constants(await exportsOf(path), (card) => ({ ...card, german: undefined })),
    )
  },
}

/** For a benchmark: bundles without a part of the program. @param pairs `FILE=FILE`, from the root of the project. */
export function withReplacements(pairs: readonly string[]): Plugin {
  const root = resolve(import.meta.dirname, '..')
  const replacements = new Map(
    pairs.map((pair) => {
      const [file = '', by = ''] = pair.split('=')
      return [join(root, file), join(root, by)]
    }),
  )
  return {
    name: 'with-replacements',
    setup({ onLoad }) {
      onLoad({ namespace: 'file', filter: /\.ts$/ }, async ({ path }) => {
        const by = replacements.get(path)
        return by === undefined ? undefined : { contents: await readFile(by, 'utf8'), loader: 'ts' }
      })
    },
  }
}

async function exportsOf(path: string): Promise<Readonly<Record<string, object>>> {
  return await import(pathToFileURL(path).href)
}

/** The source of a module that exports what `change` makes of each value. */
function constants(exported: Readonly<Record<string, object>>, change: (value: object) => object | undefined) {
  const lines = Object.entries(exported).map(
    ([name, value]) => `export const ${name} = ${JSON.stringify(change(value))}`,
  )
  return { contents: lines.join('\n') }
}
