/**
 * Reads a home through a child of its own, with memories, as the daemon does; for tests whose disk fails. Prints one line
 * of JSON: what was found, what became of the sources, what was logged.
 */
import { systemClock } from '../../../src/base/clock.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { homeMemories } from '../../../src/reader/home-memories.ts'
import { homeReader } from '../../../src/reader/home-reader.ts'
import { startProgram } from '../../../src/system/program/command.ts'
import { localUser } from '../users/local-user.ts'

const [home = '', folder = '', child = ''] = process.argv.slice(2)
const logged: unknown[] = []
const log = { warn: (message: string, fields?: object) => void logged.push({ message, ...fields }) }
const memories = homeMemories({ log }, { folder })
const reader = homeReader({ startProgram, clock: systemClock, memories }, { command: [process.execPath, child] })
const user = localUser({ name: 'alice', home })
const { sightings, sources } = await reader.readHome(
  { user, catalogue: builtInCatalogue(), tasks: ['mcp', 'agent-files'] },
  { signal: new AbortController().signal },
)
console.log(
  JSON.stringify({
    names: sightings.map(({ name }) => name),
    states: sources.map(({ state }) => state),
    logged,
  }),
)
