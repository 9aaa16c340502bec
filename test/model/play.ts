import { isDeepStrictEqual } from 'node:util'
import { BillingModel } from './billing-model.js'
import type { Deed } from './deeds.js'
import type { History, Season, World } from './history.js'
import { givenPlace, type Place } from './places.js'
import type { Player, Stage } from './stage.js'

/** Where a history came out otherwise than the rules say. */
export interface Difference {
  /** Its place in the season. */
  readonly history: number
  readonly step: number
  readonly what: string
  readonly real: unknown
  readonly expected: unknown
}

interface Lane {
  readonly history: History
  readonly index: number
  readonly player: Player
  readonly model: BillingModel
}

const second = 1_000
const hour = 3_600_000
const longestPiece = 120 * hour
const atOnce = 8
/** One in so many has a key that the gateway is asked about, and is read by the API in the end. */
const oneIn = 4

/** Lives through all histories of a season, in the backend and in the model; one that differs is left alone from there. */
export async function play(stage: Stage, { worlds, steps, histories }: Season): Promise<Difference[]> {
  let now = await stage.wholeSecond()
  const places = await Promise.all(worlds.map((world) => givenPlace(stage.backend, world)))
  const players = await stage.enter(
    histories.map(({ world }, index) => ({ place: places[world] as Place, hasKey: index % oneIn === 0 })),
  )
  let lanes: Lane[] = histories.map((history, index) => {
    const { plans, zone } = worlds[history.world] as World
    return { history, index, player: players[index] as Player, model: new BillingModel(plans, zone, now) }
  })
  const differences: Difference[] = []
  const found = (fresh: readonly Difference[]) => {
    differences.push(...fresh)
    lanes = lanes.filter(({ index }) => !fresh.some(({ history }) => history === index))
  }

  for (const [step, { moves, trouble, hours }] of steps.entries()) {
    if (moves) {
      await stage.relocate(places[moves.world] as Place, moves.zone)
      for (const { history, model } of lanes) if (history.world === moves.world) model.moveTo(moves.zone)
    }
    const rounds = Math.max(...histories.map(({ steps }) => steps[step]?.length ?? 0))
    for (let round = 0; round < rounds; round += 1) {
      // What was lost is found within minutes, which pass after the last deeds.
      const last = round === rounds - 1
      await stage.trouble(trouble === 'lost' && !last ? 'none' : trouble)
      found(await each(lanes, (lane) => done(stage, lane, step, lane.history.steps[step]?.[round])))
      if (last) continue
      now = await pass(stage, lanes, now, now + second)
      await stage.read(lanes.map(({ player }) => player))
    }
    if (trouble === 'restart') {
      // What is on its way arrives before: of a debit nothing but its event tells.
      await stage.moveTo(now)
      await stage.backend.restart()
    }
    now = await pass(stage, lanes, now, now + hours * hour + second)
    await stage.trouble('none')
    await stage.read(lanes.map(({ player }) => player))
    found(await each(lanes, (lane) => compared(stage, lane, step)))
  }
  const asked = lanes.filter(({ player }) => player.hasKey)
  found(await each(asked, (lane) => shown(stage, lane, steps.length - 1)))
  return differences
}

async function pass(stage: Stage, lanes: readonly Lane[], from: number, to: number): Promise<number> {
  // In pieces: nobody waits for an answer for as long as a month of so many takes.
  for (let now = from; now < to; ) {
    now = Math.min(to, now + longestPiece)
    await stage.moveTo(now)
  }
  for (const { model } of lanes) model.advance(to)
  return to
}

async function done(stage: Stage, { player, model, index }: Lane, step: number, deed: Deed | undefined) {
  if (!deed) return []
  const expected = model.take(deed)
  const real = await stage.take(player, deed).catch((error: Error) => error.message)
  return differing({ history: index, step, what: JSON.stringify(deed), real, expected })
}

async function compared(stage: Stage, { player, model, index }: Lane, step: number): Promise<Difference[]> {
  const { subscriptions, allowed, reasons } = model.standing()
  const real = { subscriptions: stage.seen(player), ...(player.hasKey ? await stage.knock(player) : {}) }
  // Of several subscriptions that do not let a call pass the gateway names the reasons of one.
  const alone = subscriptions.length <= 1 ? { reasons } : 'reasons' in real ? { reasons: real.reasons } : {}
  const expected = { subscriptions, ...(player.hasKey ? { allowed, ...alone } : {}) }
  return differing({ history: index, step, what: 'how it stands', real, expected })
}

async function shown(stage: Stage, { index, player, model }: Lane, step: number): Promise<Difference[]> {
  const real = await stage.show(player).catch((error: Error) => error.message)
  return differing({ history: index, step, what: 'what the API shows', real, expected: model.standing().subscriptions })
}

function differing(difference: Difference): Difference[] {
  return isDeepStrictEqual(difference.real, difference.expected) ? [] : [difference]
}

async function each(lanes: readonly Lane[], act: (lane: Lane) => Promise<Difference[]>): Promise<Difference[]> {
  const differences: Difference[] = []
  const waiting = [...lanes]
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let lane = waiting.shift(); lane; lane = waiting.shift()) differences.push(...(await act(lane)))
    }),
  )
  return differences
}
