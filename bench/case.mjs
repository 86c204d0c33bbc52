// Runs one case of one question in this process and prints its result as JSON: node bench/case.mjs gemm 0
const [question, index, processors] = process.argv.slice(2)
const { cases, run } = await import(`./${question}.mjs`)
console.log(JSON.stringify(await run(cases[Number(index)], Number(processors))))
