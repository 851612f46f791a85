// Runs an original MoveNet graph with TensorFlow.js and writes its output and raw maps.
//
//     npm install @tensorflow/tfjs          (in this folder or one above the working directory)
//     node movenet_reference.mjs MODEL.json WIDTH HEIGHT IMAGES.rgb OUT.json
//
// MODEL.json lies beside MODEL.bin. IMAGES.rgb holds images of 8-bit RGB, one after the other.
// OUT.json: one entry an image with `output` (the graph's) and `maps` (name -> values in
// height, width, channels; heat maps as logits).
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.cwd(), 'index.js'));
const tf = require('@tensorflow/tfjs');

const PREFIX = 'StatefulPartitionedCall/';
const MAPS = {
  centre: 'center_0', keypoint_regression: 'kpt_regress_0', keypoint_heatmap: 'kpt_heatmap_0',
  keypoint_offset: 'kpt_offset_0',
};

// The manifest may name a binary that was renamed since; the one beside the json is meant.
function loadArtifacts(modelPath) {
  const model = JSON.parse(fs.readFileSync(modelPath));
  const binary = fs.readFileSync(modelPath.replace(/json$/, 'bin'));
  return {
    modelTopology: model.modelTopology,
    weightSpecs: model.weightsManifest.flatMap((group) => group.weights),
    weightData: new Uint8Array(binary).buffer,
    format: model.format,
    signature: model.signature,
  };
}

function mapNodes(topology) {
  const found = {};
  for (const [name, scope] of Object.entries(MAPS)) {
    const node = topology.node.find((n) => n.op === '_FusedConv2D'
      && new RegExp(`^${PREFIX}${scope}/conv2d_\\d+/BiasAdd$`).test(n.name));
    if (node) found[name] = node.name;
  }
  return found;
}

const [modelPath, width, height, imagesPath, outPath] = process.argv.slice(2);
await tf.setBackend('cpu');
const artifacts = loadArtifacts(modelPath);
const nodes = mapNodes(artifacts.modelTopology);
const graph = await tf.loadGraphModel(tf.io.fromMemory(artifacts));
const bytes = fs.readFileSync(imagesPath);
const size = width * height * 3;
const results = [];
for (let start = 0; start < bytes.length; start += size) {
  const image = tf.tensor4d(
    Int32Array.from(bytes.subarray(start, start + size)), [1, +height, +width, 3], 'int32',
  );
  const tensors = graph.execute(image, ['Identity', ...Object.values(nodes)]);
  const [output, ...maps] = tensors.map((tensor) => Array.from(tensor.dataSync()));
  results.push({
    output,
    maps: Object.fromEntries(Object.keys(nodes).map((name, index) => [name, maps[index]])),
  });
}
fs.writeFileSync(outPath, JSON.stringify(results));
