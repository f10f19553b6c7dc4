// Reads `go test -json` and prints it for people: a line a package, the whole
// output of what failed, and a last line "go: N passed, M failed, K skipped".
// Exits 1 when something failed, a package that does not build included.
import { createInterface } from 'node:readline'

const output = new Map() // package or package/test → lines, until its verdict is known
const totals = { pass: 0, fail: 0, skip: 0 }
const perPackage = new Map()
let broken = 0

function add(key, text) {
  const lines = output.get(key)
  if (lines) lines.push(text)
  else output.set(key, [text])
}

function verdictOfTest(event, key) {
  totals[event.Action]++
  perPackage.set(event.Package, (perPackage.get(event.Package) ?? 0) + 1)
  if (event.Action === 'fail') process.stdout.write((output.get(key) ?? []).join(''))
  if (event.Action === 'skip') process.stdout.write(`SKIP ${event.Package} ${event.Test}\n`)
  output.delete(key)
}

function verdictOfPackage(event, key) {
  const tests = perPackage.get(event.Package) ?? 0
  const seconds = (event.Elapsed ?? 0).toFixed(1)
  if (event.Action === 'fail') {
    process.stdout.write((output.get(key) ?? []).join(''))
    // Tests without a verdict: what hung or took the process down, with its stacks.
    for (const [test, lines] of output) if (test.startsWith(`${event.Package}/Test`)) process.stdout.write(lines.join(''))
    broken++
    process.stdout.write(`FAIL ${event.Package} (${tests} tests, ${seconds} s)\n`)
  } else if (tests > 0) {
    process.stdout.write(`ok   ${event.Package} (${tests} tests, ${seconds} s)\n`)
  }
  output.delete(key)
}

for await (const line of createInterface({ input: process.stdin })) {
  let event
  try {
    event = JSON.parse(line)
  } catch {
    process.stdout.write(line + '\n') // the go command's own words
    continue
  }
  const key = event.Test ? `${event.Package}/${event.Test}` : (event.Package ?? event.ImportPath)
  if (event.Action === 'build-output') process.stdout.write(event.Output)
  else if (event.Action === 'output') add(key, event.Output)
  else if (!['pass', 'fail', 'skip'].includes(event.Action)) continue
  else if (event.Test) verdictOfTest(event, key)
  else verdictOfPackage(event, key)
}

// A package that fails without a failing test (a build, a panic, a leak) counts as one.
const failed = Math.max(totals.fail, broken)
process.stdout.write(`go: ${totals.pass} passed, ${failed} failed, ${totals.skip} skipped\n`)
process.exit(failed > 0 ? 1 : 0)
