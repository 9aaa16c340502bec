import { seasonOf } from './history.js'
import { play } from './play.js'
import { alone, shrunk, told } from './shrink.js'
import { Stage } from './stage.js'

const size = { worlds: 5, steps: 4 }

/** So many histories of a seed, each in the backend and in the model; how the first that differs goes, null where none does. */
export async function liveThrough(seed: number, histories: number): Promise<string | null> {
  const season = seasonOf(seed, { ...size, histories })
  const difference = await onStage(async (stage) => {
    const [found] = await play(stage, season)
    const [failure] = stage.backend.failures()
    if (failure && !found) throw new Error(`All are as the rules say, but the backend has logged: ${failure}`)
    return found
  })
  if (!difference) return null
  // On a stage of its own, where nobody else's time passes with it.
  return onStage((stage) => shrunk(stage, season, difference)).then(told, (cause: unknown) => {
    const whole = alone(season, difference)
    throw new Error(`It could not be made shorter:\n${told({ season: whole, difference })}`, { cause })
  })
}

async function onStage<Value>(act: (stage: Stage) => Promise<Value>): Promise<Value> {
  const stage = await Stage.open()
  try {
    return await act(stage)
  } finally {
    await stage.close()
  }
}
