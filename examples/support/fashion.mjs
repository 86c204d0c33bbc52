// Fashion-MNIST: 60,000 pictures of clothes to train on and 10,000 to test, from the IDX files of Debian's package.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readIdx } from 'chainrule'

export const classes = ['T-shirt', 'trousers', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'boot']

/** { train, test }, each { x: bytes [rows × 784], y: bytes [rows], scale }, as fit takes them. */
export async function loadFashion(folder) {
  if (!existsSync(join(folder, 'train-images-idx3-ubyte.gz'))) {
    const remedy = 'install them (Debian: apt-get install dataset-fashion-mnist), or name their folder with --data'
    throw Object.assign(new Error(`No Fashion-MNIST at ${folder}: ${remedy}`), { code: 'NO_DATA' })
  }
  const [train, test] = await Promise.all(
    ['train', 't10k'].map(async (name) => {
      const [images, labels] = await Promise.all([
        readIdx(join(folder, `${name}-images-idx3-ubyte.gz`)),
        readIdx(join(folder, `${name}-labels-idx1-ubyte.gz`)),
      ])
      return { x: images.data, y: labels.data, scale: 1 / 255 }
    }),
  )
  return { train, test }
}
