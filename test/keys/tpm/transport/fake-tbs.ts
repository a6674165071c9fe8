import type { TbsAddon, TbsContext } from '../../../../src/keys/tpm/transport/tbs-transport.ts'
import { responseOf } from './intercepted-transport.ts'

/** Answers as TPM Base Services does. */
export class FakeTbs implements TbsAddon {
  readonly calls: string[] = []
  readonly commands: Uint8Array[] = []
  readonly opened: TbsContext[] = []
  /** What the next calls answer; then a context, or success. */
  readonly opens: (TbsContext | number)[] = []
  readonly submits: (Uint8Array | number | Promise<Uint8Array | number>)[] = []
  readonly passwords = new Map<number, Uint8Array | number>()
  log: Uint8Array | number = 0x80284011
  onCancel: () => void = () => undefined

  async tbsOpen() {
    this.calls.push('open')
    const answer = this.opens.shift() ?? { context: this.opened.length }
    if (typeof answer !== 'number') this.opened.push(answer)
    return answer
  }
  async tbsSubmit(context: TbsContext, command: Uint8Array) {
    this.commands.push(command)
    this.calls.push(`submit ${this.opened.indexOf(context)}`)
    return await (this.submits.shift() ?? responseOf(0))
  }
  async tbsEventLog(context: TbsContext) {
    this.calls.push(`log ${this.opened.indexOf(context)}`)
    return this.log
  }
  async tbsOwnerAuthorisation(context: TbsContext, type: number) {
    this.calls.push(`password ${type} ${this.opened.indexOf(context)}`)
    return this.passwords.get(type) ?? 0x80284015
  }
  tbsCancel(context: TbsContext) {
    this.calls.push(`cancel ${this.opened.indexOf(context)}`)
    this.onCancel()
    return 0
  }
  async tbsClose(context: TbsContext) {
    this.calls.push(`close ${this.opened.indexOf(context)}`)
    return 0
  }
}
