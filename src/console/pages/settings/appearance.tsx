import { useState } from 'react'
import { chooseDensity, chosenDensity, letSingleKeysAct, singleKeysAct } from '../../data/density.ts'
import { chooseTheme, chosenTheme } from '../../data/theme.ts'
import { Panel } from '../../parts/panel.tsx'
import { Segments } from './segments.tsx'

/** How the console looks and listens, in this browser. */
export function Appearance() {
  const [theme, setTheme] = useState(chosenTheme)
  const [density, setDensity] = useState(chosenDensity)
  const [keysAct, setKeysAct] = useState(singleKeysAct)
  return (
    <Panel title="Appearance" aside="in this browser" place="span-6">
      <div className="stack-4">
        <Segments
          legend="Theme"
          value={theme ?? 'system'}
          choices={['system', 'light', 'dark']}
          onChange={(value) => {
            const chosen = value === 'system' ? undefined : value
            chooseTheme(chosen)
            setTheme(chosen)
          }}
        />
        <Segments
          legend="Rows of lists"
          value={density}
          choices={['compact', 'comfortable']}
          onChange={(value) => {
            chooseDensity(value)
            setDensity(value)
          }}
        />
        <label className="choice">
          <input
            type="checkbox"
            checked={keysAct}
            onChange={({ currentTarget: { checked } }) => {
              letSingleKeysAct(checked)
              setKeysAct(checked)
            }}
          />
          <span>
            <span className="medium">Single keys act</span>{' '}
            <span className="muted">
              such as R to register in the inbox. Switch them off if you dictate, or press keys by accident.
            </span>
          </span>
        </label>
      </div>
    </Panel>
  )
}
