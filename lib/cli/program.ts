// Other programs that a command runs, and the packages that it finds for them.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Context, Interrupted } from './context.js'

/** The folder of modules in which a package lies, as seen by `require`. */
export function folderOf(require: NodeJS.Require, name: string): string | undefined {
  return require.resolve.paths(name)!.find((folder) => existsSync(join(folder, name, 'package.json')))
}

/**
 * Runs a program with its output on standard error, with `env` beside this process's own; it is ended when the user stops
 * the command. @throws Error if it cannot be run or fails; Interrupted if the user stopped it
 */
export function runProgram(
  program: string,
  args: readonly string[],
  cwd: string,
  { signal, streams }: Context,
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => streams.stderr.write(data))
    child.on('error', (error) => {
      if (signal.aborted) reject(new Interrupted(`Stopped before ${program} had ended.`))
      else reject(Object.assign(error, { message: `${program} cannot be run: ${error.message}` }))
    })
    child.on('close', (code) => {
      if (code === 0) return resolve()
      const message = `${program} ${args[0]} failed (exit code ${code}); what it said stands above.`
      reject(Object.assign(new Error(message), { code: 'EBUILD' }))
    })
  })
}
