// Runs a definition in npm aws-local-stepfunctions as often as asked, and prints the nanoseconds that it took.
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

const { StateMachine } = createRequire(process.cwd() + '/')('aws-local-stepfunctions');
const { definition, input, times } = JSON.parse(await text(process.stdin));
const machine = new StateMachine(definition);
await machine.run(input).result;
const begin = process.hrtime.bigint();
for (let i = 0; i < times; i++) await machine.run(input).result;
console.log(String(process.hrtime.bigint() - begin));
