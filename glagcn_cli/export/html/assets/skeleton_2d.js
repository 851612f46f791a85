// The 2D skeletons over the video, on a canvas of the video's shape.
"use strict";

function skeleton2d(canvas) {
  const pen = canvas.getContext("2d");
  const [width, height] = clip.image_size;
  const joints = clip.joints.length;
  const border = "#121418";
  let visible = true;
  let last = 0;

  // Half the width of a person's lines, in pixels of the source: by how tall they are in the clip.
  const radii = new Map(clip.people.map((who) => [who, lineRadius(who)]));

  function lineRadius(who) {
    const heights = [];
    for (let frame = 0; frame < clip.frames; frame++) {
      if (!who.valid[frame]) continue;
      let low = Infinity, high = -Infinity;
      for (let joint = 0; joint < joints; joint++) {
        if (!known(who, frame, joint)) continue;
        const y = point(who, frame, joint)[1];
        low = Math.min(low, y);
        high = Math.max(high, y);
      }
      if (high >= low) heights.push(high - low);
    }
    heights.sort((a, b) => a - b);
    const tall = heights.length ? heights[heights.length >> 1] : 0;
    return Math.min(Math.max(tall * 0.008, height / 500), height / 180);
  }

  function known(who, frame, joint) {
    const at = 2 * (frame * joints + joint);
    return who.keypoints[at] !== clip.unknown_pixel && who.keypoints[at + 1] !== clip.unknown_pixel;
  }

  function point(who, frame, joint) {
    const at = 2 * (frame * joints + joint);
    // Pixel centres lie at whole numbers, so the picture's corner is at -0.5.
    return [who.keypoints[at] * clip.pixel_step + 0.5, who.keypoints[at + 1] * clip.pixel_step + 0.5];
  }

  function stroke(from, to, radius, colour) {
    pen.strokeStyle = colour;
    pen.lineWidth = 2 * radius;
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
  }

  function person(who, frame) {
    const score = (joint) => who.scores[frame * joints + joint] / 255;
    const lines = clip.bones
      .map(([a, b], bone) => ({ a, b, score: Math.min(score(a), score(b)), size: 1, colour: clip.bone_colours[bone] }))
      .concat(clip.joints.map((_, a) => ({ a, b: a, score: score(a), size: 1.5, colour: clip.joint_colours[a] })))
      .filter((line) => line.score >= clip.hidden_score)
      .filter((line) => known(who, frame, line.a) && known(who, frame, line.b));
    for (const edge of [true, false]) {
      for (const { a, b, score, size, colour } of lines) {
        const faint = score < clip.faint_score;
        if (edge && faint) continue;
        const radius = radii.get(who) * size * (faint ? 0.4 : 1);
        const from = point(who, frame, a), to = a === b ? [from[0] + 0.01, from[1]] : point(who, frame, b);
        stroke(from, to, edge ? radius + radii.get(who) * 0.5 : radius, edge ? border : colour);
      }
    }
  }

  function draw(frame) {
    last = frame;
    const box = canvas.getBoundingClientRect();
    const dense = Math.min(window.devicePixelRatio || 1, 2);
    const columns = Math.round(box.width * dense), rows = Math.round(box.height * dense);
    if (canvas.width !== columns || canvas.height !== rows) {
      canvas.width = columns;
      canvas.height = rows;
    }
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, columns, rows);
    if (!visible) return;
    const scale = Math.min(columns / width, rows / height);
    pen.setTransform(scale, 0, 0, scale, (columns - width * scale) / 2, (rows - height * scale) / 2);
    pen.lineCap = "round";
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, width, height);
    pen.clip();
    for (const who of clip.seen(frame)) person(who, frame);
    pen.restore();
  }

  return {
    draw,
    show(shown) {
      visible = shown;
      draw(last);
    },
  };
}
