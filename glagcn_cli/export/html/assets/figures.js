// The people in the 3D view: for each one instanced mesh for all bones and one for the joints, a
// disc under a foot that stands, and a tag with the number.
"use strict";

function figures3d(scene, tags) {
  const BONE = 0.03, JOINT = 0.036, HEAD = 0.095; // metres: radii, as in the rendered video

  const boneShape = new THREE.CylinderGeometry(1, 1, 1, 20, 1, true);
  const jointShape = new THREE.SphereGeometry(1, 28, 18);
  const footShape = new THREE.CircleGeometry(1, 40).rotateX(-Math.PI / 2);
  const backdrop = new THREE.Color(0.013, 0.017, 0.024);
  const boneColours = clip.bone_colours.map((colour) => new THREE.Color(colour));
  const jointColours = clip.joint_colours.map((colour) => new THREE.Color(colour));

  function figure(who) {
    const material = new THREE.MeshStandardMaterial({ roughness: 0.55, metalness: 0 });
    const bones = new THREE.InstancedMesh(boneShape, material, clip.bones.length);
    const joints = new THREE.InstancedMesh(jointShape, material, clip.joints.length);
    for (const mesh of [bones, joints]) {
      mesh.castShadow = mesh.receiveShadow = true;
      mesh.frustumCulled = false;
      scene.add(mesh);
    }
    const feet = (clip.feet && who.contacts ? clip.feet : []).map((joint) => {
      const disc = new THREE.Mesh(
        footShape,
        new THREE.MeshBasicMaterial({
          color: clip.joint_colours[joint], transparent: true, opacity: 0.4, depthWrite: false,
        }),
      );
      disc.scale.setScalar(0.13);
      scene.add(disc);
      return { disc, joint };
    });
    const tag = document.createElement("span");
    tag.textContent = who.number;
    tags.append(tag);
    const places = clip.joints.map(() => new THREE.Vector3());
    return { who, bones, joints, feet, tag, places };
  }

  const matrix = new THREE.Matrix4(), turn = new THREE.Quaternion(), size = new THREE.Vector3();
  const along = new THREE.Vector3(), between = new THREE.Vector3(), colour = new THREE.Color();
  const upright = new THREE.Vector3(0, 1, 0);
  const slim = (joint) => (clip.fine.includes(joint) ? 0.6 : 1); // feet and palms

  function pose({ who, bones, joints, feet, places }, frame) {
    const strengths = places.map((place, joint) => {
      clip.place(who, frame, joint, place);
      const strength = clip.strength(who, frame, joint);
      const radius = who.absent.has(joint) ? 0 : joint === clip.head ? HEAD : JOINT * slim(joint);
      matrix.compose(place, turn.identity(), size.setScalar(radius));
      joints.setMatrixAt(joint, matrix);
      joints.setColorAt(joint, colour.lerpColors(backdrop, jointColours[joint], strength));
      return strength;
    });
    clip.bones.forEach(([a, b], bone) => {
      along.subVectors(places[b], places[a]);
      const length = Math.max(along.length(), 1e-6);
      turn.setFromUnitVectors(upright, along.divideScalar(length));
      between.addVectors(places[a], places[b]).multiplyScalar(0.5);
      if (who.absent.has(a) || who.absent.has(b)) size.setScalar(0);
      else size.set(BONE * slim(b), length, BONE * slim(b));
      bones.setMatrixAt(bone, matrix.compose(between, turn, size));
      const strength = Math.min(strengths[a], strengths[b]);
      bones.setColorAt(bone, colour.lerpColors(backdrop, boneColours[bone], strength));
    });
    for (const mesh of [bones, joints]) {
      mesh.instanceMatrix.needsUpdate = true;
      mesh.instanceColor.needsUpdate = true;
    }
    feet.forEach(({ disc, joint }, side) => {
      disc.visible = who.contacts[2 * frame + side] === 1;
      disc.position.set(places[joint].x, 0.004, places[joint].z);
    });
  }

  const figures = clip.people.map(figure);

  function show(frame) {
    for (const one of figures) {
      const seen = one.who.shown && one.who.valid[frame] === 1;
      one.bones.visible = one.joints.visible = seen;
      for (const { disc } of one.feet) disc.visible = false;
      if (seen) pose(one, frame);
    }
  }

  // Whether a person's skeleton is drawn; it is followed all the same.
  function setDrawn(who, on) {
    const { bones } = figures.find((one) => one.who === who);
    bones.material.visible = on; // the joints have the same
  }

  // Middle of the first person that is seen, or null.
  function leader() {
    const first = figures.find((one) => one.bones.visible);
    if (!first) return null;
    const sum = new THREE.Vector3();
    for (const place of first.places) sum.add(place);
    return sum.divideScalar(first.places.length);
  }

  // Put the tags above the heads, on a picture of this size.
  function placeTags(camera, width, height) {
    for (const { bones, tag, places } of figures) {
      tag.hidden = !bones.visible || clip.people.length === 1;
      if (tag.hidden) continue;
      const head = places[clip.head ?? 0];
      const depth = -along.copy(head).applyMatrix4(camera.matrixWorldInverse).z;
      tag.hidden = depth < camera.near;
      between.copy(head).project(camera);
      const lift = (HEAD * height) / (2 * depth * Math.tan((camera.fov * Math.PI) / 360));
      const x = ((between.x + 1) / 2) * width;
      const y = ((1 - between.y) / 2) * height - lift - 4;
      tag.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px) translate(-50%, -100%)`;
    }
  }

  return { show, leader, placeTags, setDrawn };
}
