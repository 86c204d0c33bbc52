// Tests bundled with the library, one file of which has its mutants in it.
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build } from 'esbuild'
import { bundling } from '../../scripts/support.mjs'
import { packageFile, root } from '../torture/support.mjs'
import { withMutants } from './mutants.mjs'

const here = 'test/mutation/vitest.mjs'

/**
 * @param {string} file - what is mutated
 * @param {string[]} tests
 * @returns {Promise<{ bundles: { test: string, path: string }[], mutants: { line: number, what: string }[] }>}
 */
export async function bundled(file, tests) {
  const folder = packageFile('build/mutation')
  mkdirSync(folder, { recursive: true })
  const { code, mutants } = withMutants(file, readFileSync(packageFile(file), 'utf8'))
  const swap = {
    name: 'mutants',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^vitest$/ }, () => ({ path: packageFile(here), external: true }))
      onLoad({ filter: /\/(lib|test)\/.*\.ts$/ }, ({ path }) => {
        const source = relative(root, path) === file ? code : readFileSync(path, 'utf8')
        // Tests look for files beside themselves, not beside the bundle.
        const contents = path.includes('/test/')
          ? source.replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
          : source
        return { contents, loader: 'ts' }
      })
    },
  }
  const result = await build({
    ...bundling,
    keepNames: true,
    entryPoints: tests.map((test) => ({ in: packageFile(test), out: test.replaceAll('/', '-').replace(/\.ts$/, '') })),
    absWorkingDir: root,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    plugins: [swap],
    logLevel: 'silent',
    metafile: true,
  })
  const bundles = Object.entries(result.metafile.outputs)
    .filter(([, { inputs }]) => Object.keys(inputs).some((input) => input.endsWith(file)))
    .map(([path, { entryPoint }]) => ({ test: entryPoint, path: join(root, path) }))
  return { bundles, mutants }
}
