#!/usr/bin/env node
process.argv.splice(2, 0, 'src/main-daemon.ts')
require('../scripts/run.cjs')
