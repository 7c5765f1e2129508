// Requires the entry points that are named, and says what each exports: require.cjs NAME…
const exported = {};
for (const name of process.argv.slice(2)) exported[name] = Object.keys(require(name)).sort();
console.log(JSON.stringify(exported));
