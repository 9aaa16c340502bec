// Ends this process in order when the one that started it is gone, killed or crashed, so that nothing is
// left behind that holds ports and data. It asks once a second: no signal says so on every system.
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 1_000)
  watch.unref()
}
