// Stands in for the command line below the tray host. It prints the file `lines` beside it, whole, whenever that changes. A file `crash`
// ends it. To other commands it answers with the file `answer`, and with a complaint. It writes what it was started with to `seen.jsonl`.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const at = (name) => join(import.meta.dirname, name)
const { NODE_OPTIONS = null } = process.env
const started = { pid: process.pid, args: process.argv.slice(2), nodeOptions: NODE_OPTIONS, folder: process.cwd() }
appendFileSync(at('seen.jsonl'), `${JSON.stringify(started)}\n`)

if (process.argv[2] === 'tray') {
  let printed = ''
  setInterval(() => {
    if (existsSync(at('crash'))) process.exit(9)
    const lines = existsSync(at('lines')) ? readFileSync(at('lines'), 'utf8') : ''
    // A file that is being written has no end yet.
    if (lines !== printed && lines.endsWith('\n')) process.stdout.write(lines)
    if (lines.endsWith('\n')) printed = lines
  }, 50)
} else if (existsSync(at('answer'))) {
  process.stdout.write(readFileSync(at('answer')))
  process.stderr.write('surety: a complaint\n')
}
