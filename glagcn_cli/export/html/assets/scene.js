// The 3D view: skeletons with their shadows on a floor of metres, and the camera around them.
"use strict";

function scene3d(canvas, tags, { calm, failed }) {
  let pending = false; // a drawing
  const renderer = new THREE.WebGLRenderer({ canvas, antialias: true, alpha: true });
  renderer.setPixelRatio(Math.min(window.devicePixelRatio || 1, 2));
  renderer.shadowMap.enabled = true;
  renderer.shadowMap.type = THREE.PCFShadowMap;

  const low = new THREE.Vector3(...clip.bounds[0]), high = new THREE.Vector3(...clip.bounds[1]);
  const middle = low.clone().add(high).multiplyScalar(0.5);
  const fine = Math.max(high.x - low.x, high.z - low.z) <= 8; // half metres would blur in a larger scene
  const extent = { low, high, middle, fine };

  const scene = new THREE.Scene();
  const floor = floor3d(scene, extent);
  const figures = figures3d(scene, tags);
  let shown = 0; // frame
  const view = camera3d(canvas, extent, { leader, azimuth }, invalidate, calm);

  const characters = characters3d(scene, figures, { redraw: invalidate, failed });

  // Where the view goes along: by what the page says of a camera that turned, or with somebody.

  function leader() {
    return clip.moving ? clip.moving.place(shown, new THREE.Vector3()).setY(middle.y) : figures.leader();
  }

  function azimuth() {
    return clip.moving ? clip.moving.azimuth(shown) : 0;
  }

  function show(frame) {
    shown = frame;
    figures.show(frame);
    characters.show(frame);
    view.follow();
    invalidate();
  }

  // Drawing happens on demand: a page that stands still costs nothing.

  function invalidate() {
    if (pending) return;
    pending = true;
    requestAnimationFrame(draw);
  }

  function draw(now) {
    pending = false;
    const flying = view.update(now);
    floor.light(view.target);
    renderer.render(scene, view.camera);
    figures.placeTags(view.camera, canvas.clientWidth, canvas.clientHeight);
    if (flying) invalidate();
  }

  function resize() {
    const { clientWidth: width, clientHeight: height } = canvas.parentElement;
    if (!width || !height) return;
    renderer.setSize(width, height, false);
    view.setAspect(width / height);
    invalidate();
  }

  new ResizeObserver(resize).observe(canvas.parentElement);
  resize();

  return { show, fine, showCharacters: characters.setWanted, look: view.look, turnBy: view.turnBy, setFollowing: view.setFollowing };
}
