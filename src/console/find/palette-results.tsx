import type { RefObject } from 'react'
import { Icon } from '../parts/icon.tsx'
import { Said } from '../parts/said.tsx'
import type { Choice, ChoiceGroup } from './choices.ts'

interface PaletteResultsProps {
  readonly id: string
  readonly list: RefObject<HTMLDivElement | null>
  readonly groups: readonly ChoiceGroup[]
  readonly chosen: Choice | undefined
  idOf(choice: Choice): string
  /** The pointer moved onto it. */
  onPoint(choice: Choice): void
  onChoose(choice: Choice): void
}

/** Focus stays in the field above, which names the chosen one. */
export function PaletteResults({ id, list, groups, chosen, idOf, onPoint, onChoose }: PaletteResultsProps) {
  return (
    <div id={id} ref={list} className="palette-results" role="listbox" aria-label="Results" tabIndex={-1}>
      {groups.map(({ heading, more, choices }) => (
        // biome-ignore lint/a11y/useSemanticElements: a list box has groups of this role
        <div key={heading} role="group" aria-label={heading}>
          <div className="palette-heading" aria-hidden="true">
            {heading}
            {more === true ? `: the first ${choices.length}, more letters find others` : ''}
          </div>
          {choices.map((choice) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys
            // biome-ignore lint/a11y/useFocusableInteractive: the field keeps focus
            <div
              key={choice.key}
              id={idOf(choice)}
              className="palette-option"
              role="option"
              aria-selected={choice.key === chosen?.key}
              onPointerMove={() => onPoint(choice)}
              onClick={() => onChoose(choice)}
            >
              <Icon name={choice.icon} />
              <span className="palette-text">
                <span className="medium">
                  <Said>{choice.name}</Said>
                </span>
                {choice.about === undefined || choice.about === '' ? null : (
                  <span className="muted">
                    <Said>{choice.about}</Said>
                  </span>
                )}
              </span>
            </div>
          ))}
        </div>
      ))}
    </div>
  )
}
