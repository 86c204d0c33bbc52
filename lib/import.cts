// What `import()` is in dist/chainrule.cjs: a script that Node 20 takes from compiled code cannot import by itself.
module.exports = (name: string): Promise<unknown> => import(name)
