#!/bin/sh
# Make export/html/assets/three.min.js and three.LICENSE anew from the npm packages named here.
# Needs node with npm and a network; the page itself needs neither.
set -eu

three=three@0.187.0
esbuild=esbuild@0.28.2

assets=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-save --prefix "$folder" "$three" "$esbuild"
cp "$assets/three_entry.js" entry.js
# Only what entry.js names and needs stays (tree shaking); everything is in one global, THREE.
node_modules/.bin/esbuild entry.js --bundle --minify --format=iife --global-name=THREE \
  --target=es2022 --charset=ascii --legal-comments=none \
  --banner:js="/* $three, MIT, see three.LICENSE */" --outfile="$assets/three.min.js"
cp node_modules/three/LICENSE "$assets/three.LICENSE"
