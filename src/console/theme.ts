import { showDensity } from './data/density.ts'
import { showTheme } from './data/theme.ts'

/** Runs before the first paint, so that a dark page does not flash white and rows do not jump. */
showTheme()
showDensity()
