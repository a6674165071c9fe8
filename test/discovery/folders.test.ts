import { openFolders } from '../../src/discovery/installed/folders.ts'
import { FakeFileReader } from '../fakes/fake-file-reader.ts'

const files = new FakeFileReader({
  '/home/u/.kiro/agents/a.json': '{}',
  '/home/u/.kiro/agents/b.json': '{}',
  '/home/u/.kiro/agents/b.json.old': '{}',
  '/home/u/.kiro/agents/notes.txt': '',
  '/home/u/.kiro/powers/x/mcp.json': '{}',
  '/home/u/.kiro/powers/y/mcp.json': '{}',
  '/home/u/.kiro/powers/file': '',
})

function expand(pattern: string): Promise<readonly string[]> {
  return openFolders({ files, onFault: () => undefined }, { home: '/home/u' }).expand(pattern)
}

test.each<[string, string[]]>([
  ['~/.kiro/powers/*/mcp.json', ['/home/u/.kiro/powers/x/mcp.json', '/home/u/.kiro/powers/y/mcp.json']],
  ['~/.kiro/agents/*.json', ['/home/u/.kiro/agents/a.json', '/home/u/.kiro/agents/b.json']],
  ['~/.kiro/agents/b*.*', ['/home/u/.kiro/agents/b.json', '/home/u/.kiro/agents/b.json.old']],
  ['~/.kiro/pow*/x/mcp.json', ['/home/u/.kiro/powers/x/mcp.json']],
  // A bare star means folders, and text beside one only helps where the pattern ends.
  ['~/.kiro/powers/*', ['/home/u/.kiro/powers/x', '/home/u/.kiro/powers/y']],
  ['~/.kiro/agents/a*/x', []],
  // One letter is not both the first and the last.
  ['~/.kiro/agents/notes.txt*notes.txt', []],
  ['~/.kiro/absent/*', []],
])('%s means %j', async (pattern, paths) => expect([...(await expand(pattern))].sort()).toEqual(paths))
