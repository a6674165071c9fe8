import type { Language } from '../../view/checks/check-catalogue.ts'
import type { TrayTexts } from './tray-texts.ts'

export interface TrayInit {
  readonly language: Language
  /** The value of `XDG_CURRENT_DESKTOP`. */
  readonly desktop?: string | undefined
  readonly platform?: 'linux' | 'darwin' | 'windows' | undefined
  readonly nowMs: number
}

/** What the parts of the model need. */
export interface TrayView {
  readonly texts: TrayTexts
  readonly init: TrayInit
}
