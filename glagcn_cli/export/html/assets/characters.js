// Characters in the 3D view, in place of skeletons: glTF files that stand in the page, one a person.
"use strict";

function characters3d(scene, figures, { redraw, failed }) {
  const loaded = new Map(); // by person: the model and what moves it
  let wanted = true, frame = 0;

  function add(who, gltf) {
    const model = gltf.scene, mixer = new THREE.AnimationMixer(model);
    const action = mixer.clipAction(gltf.animations[0]);
    action.loop = THREE.LoopOnce;
    action.clampWhenFinished = true;
    action.play();
    model.traverse((part) => {
      part.frustumCulled = false; // bounds are those of the rest pose
      if (part.isMesh) part.castShadow = part.receiveShadow = true;
    });
    scene.add(model);
    loaded.set(who, { model, mixer });
    show(frame);
    redraw();
  }

  function show(now) {
    frame = now;
    for (const who of clip.people) {
      const one = loaded.get(who);
      figures.setDrawn(who, !one || !wanted);
      if (!one) continue;
      one.model.visible = wanted && who.shown && who.valid[frame] === 1;
      if (one.model.visible) one.mixer.setTime(frame / clip.rate);
    }
  }

  function setWanted(on) {
    wanted = on;
    show(frame);
    redraw();
  }

  clip.characters().forEach((data, number) => {
    new THREE.GLTFLoader().parse(data, "", (gltf) => add(clip.people[number], gltf), failed);
  });

  return { show, setWanted };
}
