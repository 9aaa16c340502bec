import type { Deed } from './deeds.js'
import type { History, Season, Step, World } from './history.js'
import { type Difference, play } from './play.js'
import type { Stage } from './stage.js'

/** A season of one history that differs, with nothing in it that it could do without. */
export interface Shrunk {
  readonly season: Season
  readonly difference: Difference
}

/** Leaves out of a history what may be left out so that it still differs: one deed after another, then the trouble. */
export async function shrunk(stage: Stage, season: Season, found: Difference): Promise<Shrunk> {
  let best = alone(season, found)
  let difference = found
  for (;;) {
    const fewer = await firstThatDiffers(stage, { ...best, histories: withoutOne(best.histories[0] as History) })
    if (!fewer) break
    best = { ...best, histories: [fewer.history] }
    difference = fewer.difference
  }
  const calm = { ...best, steps: best.steps.map((step) => ({ ...step, trouble: 'none' as const })) }
  const stillDiffers = await firstThatDiffers(stage, calm)
  return stillDiffers ? { season: calm, difference: stillDiffers.difference } : { season: best, difference }
}

/** The history that differs by itself, up to where it does. */
export function alone({ worlds, steps, histories }: Season, { history, step }: Difference): Season {
  const { world, steps: deeds } = histories[history] as History
  return {
    worlds: [worlds[world] as World],
    steps: steps.slice(0, step + 1).map((each) => ({ ...each, moves: movesOf(each, world) })),
    histories: [{ world: 0, steps: deeds.slice(0, step + 1) }],
  }
}

/** As far as it is the world that is left. */
function movesOf({ moves }: Step, world: number): Step['moves'] {
  return moves?.world === world ? { ...moves, world: 0 } : null
}

/** All of them at once: they are told apart by their deeds alone. */
async function firstThatDiffers(stage: Stage, season: Season) {
  if (season.histories.length === 0) return null
  const [difference] = (await play(stage, season)).toSorted((one, other) => one.history - other.history)
  return difference ? { difference, history: season.histories[difference.history] as History } : null
}

function withoutOne({ world, steps }: History): History[] {
  return steps.flatMap((deeds, step) =>
    deeds.map((_, at) => ({
      world,
      steps: steps.map((other, index) => (index === step ? other.filter((_, place) => place !== at) : other)),
    })),
  )
}

/** As a person reads it, and as a test can tell it again. */
export function told({ season: { worlds, steps, histories }, difference }: Shrunk): string {
  const [{ zone, plans }] = worlds as [World]
  const [{ steps: deeds }] = histories as [History]
  return [
    `A marketplace in ${zone}, with the plans`,
    ...plans.map((plan, index) => `  ${index}: ${text(plan)}`),
    ...steps.flatMap(({ moves, trouble, hours }, step) => [
      `Step ${step}${trouble === 'none' ? '' : `, with webhooks or the backend ${trouble}`}`,
      ...(moves ? [`  the marketplace moves to ${moves.zone}`] : []),
      ...(deeds[step] ?? []).map((deed: Deed) => `  ${text(deed)}`),
      `  ${hours} hours pass`,
    ]),
    `In step ${difference.step} ${difference.what} is`,
    `  ${text(difference.real)}`,
    'and by the rules it is',
    `  ${text(difference.expected)}`,
  ].join('\n')
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each))
}
