// llama.cpp's tokens of each prompt, and its most likely reply, for test_llama_cpp.py.
// node greedy.mjs FOLDER MODEL.gguf < PROMPTS.json
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, modelPath] = process.argv.slice(2);
const installed = createRequire(pathToFileURL(`${folder}/`)).resolve("node-llama-cpp");
const { getLlama } = await import(pathToFileURL(installed));
const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, maxThreads: 1, logLevel: "error" });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({ contextSize: 2048 });
const found = [];
for (const prompt of JSON.parse(readFileSync(0))) {
  const sequence = context.getSequence();
  const tokens = model.tokenize(prompt, true);
  const reply = [];
  for await (const token of sequence.evaluate(tokens, { temperature: 0 })) {
    if (model.isEogToken(token) || reply.push(token) === 48) break;
  }
  found.push({ tokens, reply });
  sequence.dispose();
}
console.log(JSON.stringify(found));
process.exit(0);
