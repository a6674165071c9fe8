// Stands in for suretyd.mjs below the service host. `behaviour.json` beside it says how; files named `go` and `crash` make it ready
// and make it fail. It writes what it sees to `seen.jsonl`.
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const at = (name) => join(import.meta.dirname, name)
const say = (event) => appendFileSync(at('seen.jsonl'), `${JSON.stringify({ pid: process.pid, ...event })}\n`)
const { exitsWith, ignoresEnd, readsNothing, hasChild, asksFor } = JSON.parse(
  readFileSync(at('behaviour.json'), 'utf8'),
)

say({
  started: process.argv.slice(2),
  variables: Object.keys(process.env),
  nodeOptions: process.env.NODE_OPTIONS ?? null,
})
if (hasChild) {
  // It holds our streams open.
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit', detached: true })
  say({ child: child.pid })
}
if (exitsWith !== undefined) process.exit(exitsWith)
if (asksFor !== undefined) {
  await new Promise((resolve) => process.stdout.write(`START=${asksFor}\n`, resolve))
  process.exit(0)
}
if (!readsNothing) {
  process.stdin.setEncoding('utf8').on('data', (text) => say({ text }))
  process.stdin.on('end', () => {
    say({ ended: true })
    if (!ignoresEnd) setTimeout(() => process.exit(0), 100)
  })
}
let isReady = false
setInterval(() => {
  if (!isReady && existsSync(at('go'))) {
    isReady = true
    process.stderr.write('an error of the daemon\n')
    process.stdout.write('{"phase":"keys"}\nREADY=1\n')
  }
  if (existsSync(at('crash'))) {
    rmSync(at('crash'))
    process.exit(9)
  }
}, 50)
