/**
 * What unit tests import as `ava` while mutants are run: it collects them, so that all run in one process. Assertions are
 * ava's own. What a test declares beyond the few forms below is refused.
 */

// Its package exports no assertions: a path reaches them.
const { Assertions } = await import(new URL('../../../node_modules/ava/lib/assert.js', import.meta.url).href)

/** Files in the order in which they were imported: their tests, and their hooks by kind. */
const files = []

/** @returns the tests and hooks that `load` imports, a function that imports one file */
export async function collect(name, load) {
  const file = { name, tests: [], before: [], beforeEach: [], afterEach: [], begun: null }
  files.push(file)
  await load()
  return file
}

/** Runs one test, with the hooks of its file around it. @throws what it failed with */
export async function runTest(file, { args, body }) {
  file.begun ??= all(file.before, contextOf(file))
  await file.begun
  const t = contextOf(file)
  let failure = null
  const attempt = async (run) => {
    try {
      await run()
    } catch (error) {
      failure ??= error
    }
  }
  await attempt(async () => {
    await all(file.beforeEach, t)
    await body(t, ...args)
    await Promise.all(t.pending)
  })
  for (const teardown of t.teardowns.reverse()) await attempt(teardown)
  await attempt(() => all(file.afterEach, t))
  failure ??= t.failure
  if (failure !== null) throw failure
  if (!t.isAsserted) throw new Error('no assertion')
}

async function all(hooks, t) {
  for (const hook of hooks) await hook(t)
}

function contextOf(file) {
  const t = new Assertions({
    pass: () => (t.isAsserted = true),
    pending: (promise) => {
      t.isAsserted = true
      t.pending.push(promise)
    },
    fail: (error) => {
      t.failure ??= error
      return error
    },
  })
  return Object.assign(t, {
    pending: [],
    teardowns: [],
    failure: null,
    isAsserted: false,
    context: {},
    timeout: () => {},
    log: () => {},
    teardown: (teardown) => t.teardowns.push(teardown),
  })
}

function add(first, ...rest) {
  const [title, body, args] = typeof first === 'string' ? [first, rest[0], rest.slice(1)] : [null, first, rest]
  const name = body.title?.(title ?? undefined, ...args) ?? title
  files.at(-1).tests.push({ name, body: typeof body === 'function' ? body : body.exec, args })
}

function hook(kind) {
  const put = (first, second) => {
    files.at(-1)[kind].push(second ?? first)
  }
  return Object.assign(put, { always: put })
}

const hooks = {
  before: hook('before'),
  after: hook('after'),
  beforeEach: hook('beforeEach'),
  afterEach: hook('afterEach'),
}

export default Object.assign(add, { ...hooks, serial: Object.assign(add, hooks), macro: (body) => body })
