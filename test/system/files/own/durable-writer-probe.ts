/** Runs on Windows (under Wine): replaces the file `argv[2]` again and again until it is killed, and prints a line each time. */

import { writeDurably } from '../../../../src/system/files/own/durable-file.ts'
import { sealJson } from '../../../../src/system/files/own/sealed-json.ts'

const path = process.argv[2] ?? ''
for (let number = 1; ; number++) {
  const text = sealJson({ number, filling: String(number).repeat(20_000) })
  await writeDurably(path, new TextEncoder().encode(text), { mode: 0o600 })
  process.stdout.write(`${number}\n`)
}
