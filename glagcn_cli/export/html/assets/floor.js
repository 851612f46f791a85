// The floor of the 3D view, a grid of metres that takes the shadows, and the light.
"use strict";

// Adds both to a scene; the result moves the light over a place, so that shadows stay sharp.
function floor3d(scene, { low, high, middle, fine }) {
  const sun = new THREE.DirectionalLight(0xffffff, 1.9);
  const reach = Math.min(Math.max(high.x - low.x, high.z - low.z) / 2 + 1, 9);
  sun.castShadow = true;
  sun.shadow.mapSize.set(2048, 2048);
  Object.assign(sun.shadow.camera, { left: -reach, right: reach, top: reach, bottom: -reach, near: 1, far: 30 });
  sun.shadow.radius = 3;
  sun.shadow.normalBias = 0.02;
  const glow = new THREE.DirectionalLight(0xbcd0ff, 0.7);
  glow.position.set(-4, 3, -5);
  scene.add(sun, sun.target, glow, new THREE.HemisphereLight(0xf4f6ff, 0x7b8190, 2.2));

  // What a sun over the middle does not reach is lit from where the camera looks.
  function light(target) {
    const x = Math.abs(high.x - low.x) / 2 + 1 > reach ? target.x : middle.x;
    const z = Math.abs(high.z - low.z) / 2 + 1 > reach ? target.z : middle.z;
    sun.target.position.set(x, 0, z);
    sun.position.set(x + 1.2, 12, z + 1.6);
  }

  const GRID = {
    vertex: `varying vec2 place;
      void main() {
        vec4 world = modelMatrix * vec4(position, 1.0);
        place = world.xz;
        gl_Position = projectionMatrix * viewMatrix * world;
      }`,
    // Lines keep about a pixel of width and dissolve where they would lie closer than that.
    fragment: `varying vec2 place;
      uniform vec2 centre, extent;
      uniform float fineness;
      float lines(float spacing) {
        vec2 at = place / spacing, width = fwidth(at);
        vec2 off = abs(fract(at - 0.5) - 0.5) / max(width, 1e-6);
        vec2 ink = (1.0 - clamp(off - 0.15, 0.0, 1.0)) * (1.0 - smoothstep(0.15, 0.6, width));
        return max(ink.x, ink.y);
      }
      void main() {
        float beyond = length(max(abs(place - centre) - extent, 0.0)) / 4.5;
        float near = 1.0 - smoothstep(0.0, 1.0, beyond);
        float halves = fineness * 0.3 * lines(0.5);
        float ink = max(halves, 0.78 * lines(1.0)) * near;
        vec3 colour = mix(vec3(0.20, 0.225, 0.27), vec3(0.50, 0.54, 0.62), ink);
        gl_FragColor = vec4(colour, max(0.75 * near, ink));
      }`,
  };

  function addFloor() {
    const plane = new THREE.PlaneGeometry(1, 1).rotateX(-Math.PI / 2);
    const grid = new THREE.Mesh(
      plane,
      new THREE.ShaderMaterial({
        vertexShader: GRID.vertex,
        fragmentShader: GRID.fragment,
        uniforms: {
          centre: { value: new THREE.Vector2(middle.x, middle.z) },
          extent: { value: new THREE.Vector2((high.x - low.x) / 2, (high.z - low.z) / 2) },
          fineness: { value: fine ? 1 : 0 },
        },
        transparent: true,
        depthWrite: false,
        side: 2,
      }),
    );
    const shadows = new THREE.Mesh(plane, new THREE.ShadowMaterial({ opacity: 0.5, depthWrite: false }));
    shadows.receiveShadow = true;
    for (const [order, mesh] of [grid, shadows].entries()) {
      mesh.position.set(middle.x, -0.001 + 0.001 * order, middle.z);
      mesh.scale.set(high.x - low.x + 14, 1, high.z - low.z + 14);
      mesh.renderOrder = order - 2;
      scene.add(mesh);
    }
  }

  addFloor();
  return { light };
}
