// Imports the entry points that are named, and says what each exports: import.mjs NAME…
import process from 'node:process';

const exported = {};
for (const name of process.argv.slice(2)) {
  /** @type {object} */
  const module = await import(name);
  exported[name] = Object.keys(module).sort();
}
console.log(JSON.stringify(exported));
