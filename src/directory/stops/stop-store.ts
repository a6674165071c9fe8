import type {
  AgentSelector,
  Person,
  SelectorNames,
  StopDevice,
  StopDeviceState,
  StopKind,
  StopProgress,
  StopState,
} from '../../protocol/nouns/agents/stops.ts'
import type { AgentPart } from '../../protocol/sighting.ts'
import type { StopEvent, StopReceipt } from '../../protocol/stop.ts'
import type { Listed, ListRequest } from '../http/listed.ts'

/** As stored. Whether a stop has lapsed or ended since is computed at each read. */
export type StoredStopState = Exclude<StopState, 'lapsed'>

export interface PersonsAct {
  readonly at: number
  readonly by: Person
}

/** What is stopped, and how. */
export type StopTarget = Pick<NewStop, 'kind' | 'selector'>

export interface NewStop {
  readonly id: string
  readonly kind: StopKind
  readonly selector: AgentSelector
  readonly reason: string
  readonly created: PersonsAct
  readonly state: StoredStopState
  /** When it ends by itself, or lapses while it waits. */
  readonly endsAt?: number | undefined
  /** The end that was asked for. */
  readonly until?: number | undefined
  readonly emergency: boolean
  readonly twoPersons: boolean
  /** The register made it: it holds a registration. */
  readonly byRegister?: true | undefined
  readonly confirmed?: PersonsAct | undefined
  /** Folded name of the person who put it in force without a second one. Such stops of one person are counted together. */
  readonly aloneBy?: string | undefined
  readonly release?: (PersonsAct & { readonly reason: string; readonly confirmed?: PersonsAct | undefined }) | undefined
}

export interface StoredStop extends NewStop {
  /** Rises with each stop. */
  readonly number: number
}

/** Stops, and the devices that are to be brought to their state. */
export interface StopStore {
  /** @param options.spread the devices in scope have to be brought to the state of the stop. */
  add(stop: NewStop, options: { readonly spread: boolean }): Promise<void>
  /** Replaces everything but its scope. */
  update(stop: StoredStop, options: { readonly spread: boolean }): Promise<void>
  get(id: string): Promise<StoredStop | undefined>
  /** Newest first. `state` is that of `now`. `beginning` is that of the id. */
  list(request: ListRequest, now: number): Promise<Listed<StoredStop>>
  /** Stops of people that wait for a person or are in force. */
  openCount(now: number): Promise<number>
  activeDevices(): Promise<number>
  /** Stops in force whose end has come. */
  pastEnd(now: number, limit: number): Promise<readonly StoredStop[]>
  /** The oldest stop with devices that are not in its state yet. */
  spreading(): Promise<StoredStop | undefined>
  /**
   * Brings the next devices in scope to the state of the stop: includes them, or makes a release due where an order went out.
   * Orders that were not answered are withdrawn then.
   *
   * @returns these devices.
   */
  spread(stop: StoredStop, limit: number): Promise<readonly string[]>
}

/** One device in the scope of a stop, as far as spreading compares it. */
export interface ScopeRow {
  readonly device: string
  /** It has been sent an order of the stop. */
  readonly isOrdered: boolean
  /** It is to let go, or has done so. */
  readonly isReleased: boolean
  /** What the newest order selects there, as JSON. */
  readonly selector?: string | undefined
}

/** The scope of stops that select by the register. */
export interface StopScopeStore {
  /** Stops in force that the register made for this registration. */
  holding(registration: string): Promise<readonly StoredStop[]>
  /** Whether a stop of this registration, by the register or by people, waits or is in force. */
  hasOpenStop(registration: string, now: number): Promise<boolean>
  /** Devices up to this id have been brought to the present state. Undefined: all of them. */
  spreadAfter(stop: StoredStop): Promise<string | undefined>
  putSpreadAfter(stop: StoredStop, after: string | undefined): Promise<void>
  /** @param narrow devices that enrol later are in scope only if the register says so. */
  putNarrow(stop: StoredStop, narrow: boolean): Promise<void>
  /** Devices in scope, by id. */
  inScope(stop: StoredStop, page: DevicePage): Promise<readonly ScopeRow[]>
  /** An order is due for the device. */
  include(stop: StoredStop, device: string): Promise<void>
  /** The device lets go, if it has been sent an order. Otherwise it is no longer in scope. */
  exclude(stop: StoredStop, device: string): Promise<void>
}

export interface DevicePage {
  readonly after: string
  readonly limit: number
}

/** A human, or the members of a group. */
export type People = { readonly human: string } | { readonly group: string }

/** What the register says of devices. All devices are active, and pages are in the order of ids. */
export interface ReachQueries {
  activeAfter(page: DevicePage): Promise<readonly string[]>
  /** Devices with a confirmed account of these people, or with an owner who may be one of them. */
  devicesOf(people: People, page: DevicePage): Promise<readonly string[]>
  /** Devices with a confirmed account of these people. */
  devicesWithAccounts(people: People, page: DevicePage): Promise<readonly string[]>
  /** The owner of an active device. */
  ownerOf(device: string): Promise<string | undefined>
  /** Names of the accounts that are confirmed for these people. */
  usersOn(device: string, people: People): Promise<readonly string[]>
  isMember(group: string, human: string): Promise<boolean>
  /** Devices on which an agent of the registration was seen. */
  devicesWith(registration: string, page: DevicePage): Promise<readonly string[]>
  /** What was seen of the registration there. */
  seenOn(
    device: string,
    registration: string,
  ): Promise<readonly { readonly item: string; readonly user: string | undefined }[]>
}

/** Active devices by what they last reported, in no order and at most so many. */
export interface ReachedQueries {
  /** With such an agent, running or installed. A product as stops name it, perhaps of one user. */
  devicesReporting(
    what: { readonly product: string; readonly user?: string | undefined },
    most: number,
  ): Promise<readonly string[]>
  /** With an agent or an account of a user of this name. Some may come twice. */
  devicesOfUser(user: string, most: number): Promise<readonly string[]>
}

/** What people put in force alone. */
export interface OnePersonQueries {
  /**
   * What the stops of these people select that are in force, without drills and emergencies. Of those for one device, at most as
   * many devices.
   *
   * @param options.since stops from before do not count.
   */
  inForceAlone(
    people: readonly string[],
    options: { readonly now: number; readonly since: number; readonly most: number },
  ): Promise<readonly StopTarget[]>
  /** Their emergencies since then that nobody has confirmed, also ended ones, oldest first. */
  emergencies(people: readonly string[], since: number): Promise<readonly StoredStop[]>
  /** The confirmation of a stop in force without an end that freezes, or ends, all of this registration. */
  confirmedFor(registration: string, kind: 'freeze' | 'retire'): Promise<PersonsAct | undefined>
}

/** What a stop asks of one device. */
export interface DueOrder {
  readonly stop: StoredStop
  /** The device must release it. */
  readonly release: boolean
  /** The order before this one. */
  readonly before: string | undefined
}

export interface StopDeviceStore {
  /** Cheap: false only if no order is due. */
  mayBeDue(device: string, now: number): Promise<boolean>
  /** Orders that are due, those that wait longest first. */
  due(device: string, options: { readonly now: number; readonly limit: number }): Promise<readonly DueOrder[]>
  /** The order was issued. Unless it is answered, another one is due at `dueAt`. An unanswered one before it is withdrawn. */
  putOrder(
    due: DueOrder,
    device: string,
    order: {
      readonly id: string
      readonly at: number
      readonly dueAt: number
      /** What it selects, as JSON, for a stop that selects by the register. */
      readonly selector?: string | undefined
    },
  ): Promise<void>
}

/** Devices of a stop and their answers, as the API shows them. */
export interface StopQueries {
  /** What the ids of a selector are called. Undefined: none of them has a name. */
  names(selector: AgentSelector): Promise<SelectorNames | undefined>
  /** @param isConnected absent: `unreachable` is not counted. */
  progress(stop: StoredStop, isConnected?: (device: string) => boolean): Promise<StopProgress>
  /** The worst first. Large receipts make a page shorter than its limit. `more`: the list continues. */
  devices(
    stop: StoredStop,
    page: StopDevicesPage,
  ): Promise<{ readonly items: readonly StopDevice[]; readonly more: boolean }>
  /** Stops in force with the device in scope, and those whose newest order it has answered with done. Drills do not count. */
  onDevice(device: string, now: number): Promise<{ readonly standing: number; readonly answered: number }>
  /** Stops that wait or are in force, and the devices of stops in force, each by state. */
  counts(): Promise<StopCounts>
}

export interface StopCounts {
  readonly stops: Readonly<Record<string, number>>
  readonly devices: Readonly<Record<string, number>>
}

export interface StopDevicesPage {
  readonly state?: StopDeviceState | undefined
  readonly after?: { readonly state: StopDeviceState; readonly device: string } | undefined
  readonly limit: number
  readonly isConnected: (device: string) => boolean
}

/** An order of a stop that a device answers. */
export interface AnsweredOrder {
  readonly number: number
  readonly stop: string
  readonly kind: StopKind | 'release'
  /** The device has got no other order of this stop since. */
  readonly newest: boolean
}

export interface StopAnswer {
  readonly state: 'frozen' | 'nothing-matched' | 'failed' | 'released' | 'release-failed'
  readonly at: number
  readonly code?: string | undefined
  /** When another order is due, if any. */
  readonly dueAt?: number | undefined
}

/** What evidence writes. */
export interface StopAnswerStore {
  /** Undefined for an order that is of no stop. */
  answeredOrder(device: string, order: string): Promise<AnsweredOrder | undefined>
  /** Stores the answer to the newest order, the receipt of an earlier one, or both. */
  putAnswer(
    device: string,
    order: Pick<AnsweredOrder, 'number'>,
    given: { readonly answer?: StopAnswer | undefined; readonly receipt?: StopReceipt | undefined },
  ): Promise<void>
  /** @returns whether the directory has such a stop. */
  putEvent(device: string, event: StopEvent): Promise<boolean>
  /** Whether the device has more than `count` stop events on the record since then. */
  hasMoreEvents(device: string, count: number, since: number): Promise<boolean>
}

/** One running agent, as last reported. */
export interface RunningAgent {
  readonly device: string
  readonly hostname: string | undefined
  readonly owner: string
  readonly agent: string
  readonly name: string
  /** As a stop selects it: the catalogue id, or the name of an agent that no catalogue knows. */
  readonly product: string
  readonly user: string | undefined
  /** The person it acts for, whom a stop of a user covers too. */
  readonly human: string | undefined
  readonly workspace: string | undefined
  /** Its executable and what it was recognised by: files, and names of npm packages. */
  readonly programs: readonly string[]
  readonly packages: readonly string[]
  /** Its first process. */
  readonly process: SeenProcess | undefined
  /** Its processes, and the first process of each agent that it started. */
  readonly parts: readonly SeenProcess[]
  /** Processes that are not among the parts. */
  readonly moreProcesses: number
}

export type SeenProcess = Pick<AgentPart, 'pid' | 'startTicks'>

export interface RunningAgentQueries {
  /** Running agents on active devices, by device and id. */
  running(page: {
    readonly device?: string | undefined
    readonly after?: { readonly device: string; readonly agent: string } | undefined
    readonly limit: number
  }): Promise<readonly RunningAgent[]>
}
