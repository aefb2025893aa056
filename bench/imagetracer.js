// One picture traced with imagetracerjs and its default settings: raw RGBA on standard input, SVG on standard output.
'use strict';

const { readFileSync } = require('node:fs');

const [width, height] = process.argv.slice(2).map(Number);
const tracer = require(require.resolve('imagetracerjs', { paths: [process.cwd()] }));
process.stdout.write(tracer.imagedataToSVG({ width, height, data: readFileSync(0) }, {}));
