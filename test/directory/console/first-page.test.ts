import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtConsole } from '../../support/console/built-console.ts'

/** What a browser loads before it shows anything: the page, and what its scripts import at once. */

const MOST_BYTES = 100_000
/** In a bundle: `import{a}from"./b.js"` and `import"./b.js"`, and no `import("./b.js")`. */
const IMPORTED = /(?:from|import)\s*"\.\/([^"]+\.js)"/g

test('the first page has less than 100 KB compressed', () => {
  const folder = builtConsole()
  const waiting = [
    ...readFileSync(join(folder, 'index.html'), 'utf8').matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g),
  ].map(([, path = '']) => path)
  expect(waiting.length).toBeGreaterThan(2)
  const loaded = new Set<string>(['index.html'])
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (loaded.has(path)) continue
    loaded.add(path)
    if (!path.endsWith('.js')) continue
    const source = readFileSync(join(folder, path), 'utf8')
    waiting.push(...[...source.matchAll(IMPORTED)].map(([, name = '']) => `assets/${name}`))
  }
  const bytes = [...loaded].map((path) => readFileSync(join(folder, `${path}.br`)).length)
  const sum = bytes.reduce((total, size) => total + size, 0)
  expect(sum).toBeGreaterThan(50_000)
  expect(sum).toBeLessThan(MOST_BYTES)
})
