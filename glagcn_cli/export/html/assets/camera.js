// The camera of the 3D view: turned by hand, flown to a view, or moved along with somebody; turned
// along too where the camera that filmed them turned.
"use strict";

// `leader` tells where who is followed stands, or null; `azimuth` how far the view has turned along
// with the filming camera, radians; `invalidate` has the picture drawn anew.
function camera3d(canvas, { low, high, middle }, { leader, azimuth }, invalidate, calm) {
  const FIELD_OF_VIEW = 32; // degrees, vertical
  const MARGIN = 0.86; // share of the picture that the clip fills
  const VIEWS = { start: [clip.azimuth, 12], front: [0, 6], side: [90, 6], top: [0, 89.9] }; // azimuth, elevation
  const TURNING = calm ? 0 : 450; // milliseconds

  const camera = new THREE.PerspectiveCamera(FIELD_OF_VIEW, 1, 0.05, 300);
  const controls = new THREE.OrbitControls(camera, canvas);
  controls.enableDamping = !calm;
  controls.dampingFactor = 0.12;
  controls.maxPolarAngle = Math.PI * 0.52;
  controls.minDistance = 0.6;
  controls.maxDistance = 80;
  const upright = new THREE.Vector3(0, 1, 0);

  let following = clip.moving !== null;
  let followed = null; // where who is followed was when the camera last moved along
  let turned = 0; // how far the view had turned along then
  let flight = null; // a move of the camera under way
  let view = "start";
  let touched = false; // somebody has turned the view since it was last set

  // A view is a direction; from there the nearest place that has the clip in the picture.

  function direction([azimuth, elevation]) {
    const a = (azimuth * Math.PI) / 180, e = (elevation * Math.PI) / 180;
    return new THREE.Vector3(Math.sin(a) * Math.cos(e), Math.sin(e), Math.cos(a) * Math.cos(e));
  }

  // Places (x, y, z after each other) that a view must hold: where people come to, and the floor
  // below; of a long clip a sample. Bounds cut off freak poses.
  function places() {
    const every = Math.ceil(clip.frames / 300);
    const spot = new THREE.Vector3(), all = [];
    for (let at = 0; at < clip.frames; at += every) {
      for (const who of clip.people) {
        for (let joint = 0; who.valid[at] && joint < clip.joints.length; joint++) {
          clip.place(who, at, joint, spot).clamp(low, high);
          all.push(spot.x, spot.y, spot.z, spot.x, 0, spot.z);
        }
      }
    }
    for (const x of [-0.7, 0.7]) {
      for (const z of [-0.7, 0.7]) all.push(middle.x + x, 0, middle.z + z, middle.x + x, 1.8, middle.z + z);
    }
    return all;
  }

  const whole = places();

  function around(centre) {
    const tall = Math.min(Math.max(high.y, 1.2), 2.4), half = 0.75;
    const corners = [];
    for (const x of [centre.x - half, centre.x + half]) {
      for (const z of [centre.z - half, centre.z + half]) corners.push(x, 0, z, x, tall, z);
    }
    return corners;
  }

  // Where the camera stands, and at what it looks: from a direction, the nearest place that has
  // all points in the picture. Along each axis of the picture the two tightest points decide.
  function standpoint(name) {
    const centre = following ? leader() : null;
    const points = centre ? around(centre) : whole;
    const back = direction(VIEWS[name]);
    if (following) back.applyAxisAngle(upright, azimuth());
    const right = new THREE.Vector3().crossVectors(upright, back).normalize();
    const above = new THREE.Vector3().crossVectors(back, right);
    const slopeY = Math.tan((FIELD_OF_VIEW * Math.PI) / 360) * MARGIN, slopeX = slopeY * camera.aspect;
    const point = new THREE.Vector3();
    let east = -Infinity, west = -Infinity, north = -Infinity, south = -Infinity;
    for (let at = 0; at < points.length; at += 3) {
      point.fromArray(points, at);
      const x = point.dot(right), y = point.dot(above), near = point.dot(back);
      east = Math.max(east, x + slopeX * near);
      west = Math.max(west, -x + slopeX * near);
      north = Math.max(north, y + slopeY * near);
      south = Math.max(south, -y + slopeY * near);
    }
    const distance = Math.max((east + west) / (2 * slopeX), (north + south) / (2 * slopeY));
    const position = new THREE.Vector3()
      .addScaledVector(right, (east - west) / 2)
      .addScaledVector(above, (north - south) / 2)
      .addScaledVector(back, distance);
    const deep = Math.max(distance - (centre || middle).dot(back), 1);
    return { position, target: position.clone().addScaledVector(back, -deep) };
  }

  function look(name) {
    view = name;
    touched = false;
    controls.enableDamping = false; // what is left of a drag's swing would carry on past the goal
    controls.update();
    controls.enableDamping = !calm;
    const goal = standpoint(name);
    if (!TURNING) {
      camera.position.copy(goal.position);
      controls.target.copy(goal.target);
      controls.update();
      invalidate();
      return;
    }
    const offset = camera.position.clone().sub(controls.target);
    flight = { start: performance.now(), goal, offset, from: controls.target.clone() };
    invalidate();
  }

  // Fly around the target, not through it: direction and distance are blended apart.
  function fly(now) {
    const share = Math.min(Math.max((now - flight.start) / TURNING, 0), 1);
    const eased = share * share * (3 - 2 * share);
    const { goal, offset, from } = flight;
    const wanted = goal.position.clone().sub(goal.target);
    const length = offset.length() + (wanted.length() - offset.length()) * eased;
    const way = new THREE.Quaternion().setFromUnitVectors(offset.clone().normalize(), wanted.clone().normalize());
    const part = new THREE.Quaternion().slerp(way, eased);
    controls.target.lerpVectors(from, goal.target, eased);
    camera.position.copy(offset).normalize().applyQuaternion(part).multiplyScalar(length);
    if (share === 1) camera.position.copy(wanted);
    camera.position.add(controls.target);
    if (share === 1) flight = null;
  }

  // Move by as much as who is followed moved, so that what a user turned or shifted stays.
  function follow() {
    const centre = following ? leader() : null;
    if (!centre) return;
    centre.setY(0);
    if (flight) flight.goal = standpoint(view);
    else if (followed) {
      const turn = azimuth() - turned;
      for (const place of [controls.target, camera.position]) {
        place.sub(followed).applyAxisAngle(upright, turn).add(followed);
        place.add(centre).sub(followed);
      }
    }
    remember(centre);
  }

  function remember(centre) {
    followed = centre;
    turned = azimuth();
  }

  function setFollowing(on) {
    following = on;
    const centre = on ? leader() : null;
    remember(centre && centre.setY(0));
    look(view);
  }

  function turnBy(degrees) {
    touched = true;
    flight = null;
    const offset = camera.position.clone().sub(controls.target);
    offset.applyAxisAngle(upright, (degrees * Math.PI) / 180);
    camera.position.copy(controls.target).add(offset);
    invalidate();
  }

  // Before each picture; tells whether a flight goes on.
  function update(now) {
    if (flight) fly(now);
    controls.update();
    return flight !== null;
  }

  function setAspect(aspect) {
    camera.aspect = aspect;
    camera.updateProjectionMatrix();
    if (touched || flight) return;
    // Nobody has turned the view yet: keep the whole clip in the picture.
    const { position, target } = standpoint(view);
    camera.position.copy(position);
    controls.target.copy(target);
  }

  controls.addEventListener("start", () => {
    touched = true;
    flight = null;
    canvas.dispatchEvent(new Event("turned"));
  });
  controls.addEventListener("change", invalidate);

  return { camera, target: controls.target, look, follow, setFollowing, turnBy, update, setAspect };
}
