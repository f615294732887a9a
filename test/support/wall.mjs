/** Loaded before a program: it cannot connect to the port in WALLED_PORT. */
import { Socket } from 'node:net'

const connect = Socket.prototype.connect
Socket.prototype.connect = function (...args) {
  const walled = Number(process.env.WALLED_PORT)
  const [first] = args.flat()
  if (first?.port === walled || first === walled) throw new Error(`a connection to the port ${walled} from the runner`)
  return connect.apply(this, args)
}
