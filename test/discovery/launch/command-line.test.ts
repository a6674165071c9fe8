import { filesRun } from '../../../src/discovery/launch/command-line.ts'

test.each<[string, readonly string[], readonly string[]]>([
  ['a program', ['/opt/x/run', '/opt/x/data'], ['/opt/x/run']],
  ['a script of an interpreter', ['/usr/bin/node', '/opt/x/a.js', '/b'], ['/usr/bin/node', '/opt/x/a.js']],
  ['a script of a shell', ['bash', '-e', '/opt/x/a.sh'], ['/opt/x/a.sh']],
  ['what a shell is told', ['sh', '-c', 'exec /opt/x/run y'], ['/opt/x/run']],
  ['what env is told', ['/usr/bin/env', 'A=b', '/opt/x/run'], ['/usr/bin/env', '/opt/x/run']],
  ['a path with a blank', ['/opt/x y/run'], ['/opt/x y/run']],
  ['all on the way', ['/x/timeout', '5', '/x/sh', '-c', '/a/b; /c/d'], ['/x/timeout', '/x/sh', '/a/b', '/c/d']],
  ['a name', ['npx', '-y', 'pkg'], []],
  ['a path from somewhere', ['./run.sh'], []],
  ['the automounter of other machines', ['/net/evil.example/x'], []],
  ['that in another spelling', ['//./net//evil.example/x'], []],
  ['a distributed file system', ['node', '/afs/evil.example/x.js'], []],
  ['what is no file', ['/proc/self/exe', '/dev/stdin'], []],
  ['the root', ['/'], []],
  ['nothing', [], []],
])('files to look at, of %s', (_, words, files) => expect(filesRun(words)).toEqual(files))
