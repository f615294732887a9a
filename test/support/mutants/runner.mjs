/**
 * A test runner for StrykerJS: the unit tests in one process, where a mutant is switched on in no time, and where it is
 * known which tests run through it. https://stryker-mutator.io/docs/stryker-js/guides/create-a-plugin/
 */
import { appendFileSync } from 'node:fs'
import { register } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

register('./hooks.mjs', import.meta.url)

const LONGEST_MS = 20_000
const KILLERS = 5

class UnitTests {
  #options
  #tests = new Map()
  /** How long each test took last, and the tests that killed one, the last one first. */
  #timeSpentMs = new Map()
  #killers = []

  constructor(options) {
    this.#options = options.unitTests
  }

  /**
   * Nothing is loaded anew: a mutant that runs while a module loads, and in tests too, is tried by what it does in tests.
   */
  capabilities() {
    return { reloadEnvironment: true }
  }

  async dryRun() {
    await this.#load()
    const tests = []
    for (const id of this.#tests.keys()) {
      const { failure, timeSpentMs } = await this.#run(id)
      // What has no business in one process with others proves nothing here, and is said once.
      if (failure !== null) {
        this.#tests.delete(id)
        appendFileSync(this.#options.leftOut, `${id}: ${String(failure).split('\n', 1)[0]}\n`)
      } else tests.push({ id, name: id, status: 0, timeSpentMs })
    }
    return { status: 'complete', tests, mutantCoverage: globalThis.__stryker__?.mutantCoverage }
  }

  async mutantRun({ activeMutant, testFilter, hitLimit }) {
    const stryker = (globalThis.__stryker__ ??= {})
    stryker.activeMutant = activeMutant.id
    stryker.hitLimit = hitLimit
    stryker.hitCount = hitLimit === undefined ? undefined : 0
    await this.#load()
    let nrOfTests = 0
    for (const id of this.#likeliestFirst(testFilter ?? [...this.#tests.keys()])) {
      nrOfTests += 1
      const { failure, isOver } = await this.#run(id)
      // A test that goes on would run into the next mutant: StrykerJS ends this process.
      if (isOver || (stryker.hitLimit !== undefined && stryker.hitCount > stryker.hitLimit))
        return { status: 'timeout' }
      if (failure === null) continue
      this.#killers = [id, ...this.#killers.filter((other) => other !== id)].slice(0, KILLERS)
      return { status: 'killed', killedBy: [id], failureMessage: failure, nrOfTests }
    }
    return { status: 'survived', nrOfTests }
  }

  /** What killed the mutants before, which stand beside this one, and then the fastest. */
  #likeliestFirst(ids) {
    const rank = (id) => (this.#killers.includes(id) ? this.#killers.indexOf(id) : KILLERS)
    const timeOf = (id) => this.#timeSpentMs.get(id) ?? 0
    return ids
      .filter((id) => this.#tests.has(id))
      .sort((one, other) => rank(one) - rank(other) || timeOf(one) - timeOf(other))
  }

  async #load() {
    if (this.#tests.size > 0) return
    const { collect, runTest } = await import('./ava.mjs')
    for (const path of this.#options.files) {
      const file = await collect(path, () => import(pathToFileURL(resolve(path)).href))
      for (const test of file.tests) this.#tests.set(`${path}: ${test.name}`, () => runTest(file, test))
    }
  }

  async #run(id) {
    const started = performance.now()
    if (globalThis.__stryker__ !== undefined) globalThis.__stryker__.currentTestId = id
    let timer
    let isOver = false
    const limit = new Promise((_resolve, reject) => {
      timer = setTimeout(() => {
        isOver = true
        reject(new Error('no end'))
      }, LONGEST_MS)
    })
    try {
      await Promise.race([this.#tests.get(id)?.(), limit])
      return { failure: null, isOver, timeSpentMs: performance.now() - started }
    } catch (error) {
      return { failure: String(error?.message || error), isOver, timeSpentMs: performance.now() - started }
    } finally {
      clearTimeout(timer)
      this.#timeSpentMs.set(id, performance.now() - started)
      if (globalThis.__stryker__ !== undefined) globalThis.__stryker__.currentTestId = undefined
    }
  }
}

function createUnitTests(options) {
  return new UnitTests(options)
}
createUnitTests.inject = ['options']

export const strykerPlugins = [{ kind: 'TestRunner', name: 'unit-tests', factory: createUnitTests }]
export const strykerValidationSchema = {
  type: 'object',
  properties: { unitTests: { type: 'object', properties: { files: { type: 'array', items: { type: 'string' } } } } },
}
