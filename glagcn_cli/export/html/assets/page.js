// The page around the two pictures: buttons, slider, keys, people.
"use strict";

(() => {
  const $ = (id) => document.getElementById(id);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  function clock(seconds) {
    const hundredths = Math.floor(seconds * 100 + 1e-6);
    const pad = (value) => String(value).padStart(2, "0");
    return `${Math.floor(hundredths / 6000)}:${pad(Math.floor(hundredths / 100) % 60)}.${pad(hundredths % 100)}`;
  }

  // Facts that stay.

  const rate = Number(clip.rate.toFixed(3));
  $("title").textContent = clip.title;
  $("facts").textContent =
    `${plural(clip.frames, "frame")} at ${rate} per second`;
  $("slider").max = clip.frames - 1;
  $("last").textContent = `of 0\u2013${clip.frames - 1}`;
  $("length").textContent = `/ ${clock(clip.duration)}`;
  $("unsure-key").hidden = clip.people.every((who) => !who.uncertainty);

  // The two pictures.

  const video = clip.video_type ? $("video") : null;
  let overlay = null;
  let scene = null;

  if (clip.image_size) {
    document.documentElement.style.setProperty("--shape", clip.image_size[0] / clip.image_size[1]);
  }
  if (video) {
    document.documentElement.classList.add("has-video");
    $("picture").hidden = false;
    $("sound").hidden = !clip.has_sound;
    overlay = skeleton2d($("drawing"));
  }
  try {
    scene = scene3d($("scene"), $("tags"), { calm, failed: noCharacter });
    $("grid-step").textContent = scene.fine ? "0.5 m" : "1 m";
  } catch (error) {
    console.error(error);
    document.documentElement.classList.add("no-3d");
    $("space-note").textContent = "This browser shows no 3D here (WebGL 2 is missing or switched off).";
    $("space-note").hidden = false;
  }

  function noCharacter(error) {
    console.error(error);
    $("space-note").textContent = "This browser cannot show the character.";
    $("space-note").hidden = false;
  }

  // Where the frame changes.

  function onFrame(frame) {
    const seconds = frame / clip.rate;
    if (scene) scene.show(frame);
    if (overlay) overlay.draw(frame);
    $("slider").value = frame;
    $("slider").setAttribute("aria-valuetext", `frame ${frame}, ${seconds.toFixed(2)} seconds`);
    $("time").textContent = clock(seconds);
    $("frame").textContent = frame;
    for (const { who, now } of rows) now.textContent = status(who, frame);
    if (scene) {
      $("space-note").textContent = "nobody has a pose in this frame";
      $("space-note").hidden = clip.people.some((who) => who.valid[frame]);
    }
  }

  function status(who, frame) {
    if (!who.valid[frame]) return "no pose here";
    if (!who.uncertainty) return "";
    let sum = 0;
    for (let joint = 0; joint < clip.joints.length; joint++) sum += clip.uncertainty(who, frame, joint);
    return `\u00b1 ${((100 * sum) / clip.joints.length).toFixed(1)} cm`;
  }

  function onState() {
    const playing = control.isPlaying();
    $("play").setAttribute("aria-label", playing ? "Pause" : "Play");
    $("play").querySelector("use").setAttribute("href", playing ? "#icon-pause" : "#icon-play");
  }

  // People and layers: each a switch.

  function addSwitch(text, title, on, onChange) {
    const button = document.createElement("button");
    button.type = "button";
    button.title = title;
    button.textContent = text;
    button.setAttribute("aria-pressed", on);
    button.addEventListener("click", () => onChange(toggled(button)));
    $("people").append(button);
    return button;
  }

  function addSmall(button, name, text) {
    const small = document.createElement("small");
    small.className = name;
    small.textContent = text;
    button.append(small);
    return small;
  }

  function toggled(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", on);
    return on;
  }

  const rows = clip.people.map((who) => {
    const frames = who.valid.reduce((sum, one) => sum + one, 0);
    const title = `Person ${who.number}: a pose in ${frames} of ${plural(clip.frames, "frame")}`;
    const button = addSwitch(`Person ${who.number}`, title, true, (on) => {
      who.shown = on;
      onFrame(control.frame);
    });
    const share = addSmall(button, "share", `${frames} of ${plural(clip.frames, "frame")}`);
    share.title = title;
    const now = addSmall(button, "now", "");
    now.title = "How far this person's joints are expected to be off in this frame, on average";
    return { who, now };
  });
  if (scene && clip.characters().length) {
    addSwitch("Character", "Character in place of the skeleton", true, scene.showCharacters);
  }
  const layer = overlay && addSwitch("2D skeleton", "Skeleton on the video (V)", true, overlay.show);
  if (layer) layer.classList.add("last");
  document.documentElement.style.setProperty("--rows", clip.people.length + 1.3);

  // Lanes under the slider: where each person has a pose.

  function drawLanes() {
    const canvas = $("lanes"), pen = canvas.getContext("2d"), dense = window.devicePixelRatio || 1;
    const width = (canvas.width = Math.round(canvas.clientWidth * dense));
    const height = (canvas.height = Math.round(canvas.clientHeight * dense));
    const lanes = clip.people.slice(0, 5);
    const lane = Math.min((0.7 * height) / lanes.length, 7 * dense);
    const top = (height - lane * lanes.length) / 2;
    const at = (frame) => (clip.frames > 1 ? (frame / (clip.frames - 1)) * width : width / 2);
    const half = clip.frames > 1 ? width / (clip.frames - 1) / 2 : width / 2;
    lanes.forEach((who, row) => {
      const y = top + row * lane, thick = Math.max(lane - 2 * dense, dense);
      pen.fillStyle = "#262a32";
      pen.fillRect(0, y, width, thick);
      pen.fillStyle = row ? "#6f7784" : "#b4bac5";
      for (let frame = 0; frame < clip.frames; frame++) {
        if (!who.valid[frame]) continue;
        const start = frame;
        while (frame + 1 < clip.frames && who.valid[frame + 1]) frame++;
        const left = Math.max(at(start) - half, 0), right = Math.min(at(frame) + half, width);
        pen.fillRect(left, y, Math.max(right - left, dense), thick);
      }
    });
  }
  new ResizeObserver(drawLanes).observe($("lanes"));

  // Transport.

  const control = player(video, onFrame, onState);

  function setSpeed(value) {
    $("speed").value = value;
    control.setSpeed(Number(value));
  }

  function changeSpeed(by) {
    const list = $("speed");
    const next = Math.min(Math.max(list.selectedIndex + by, 0), list.options.length - 1);
    setSpeed(list.options[next].value);
  }

  function setSound(on) {
    video.muted = !on;
    $("sound").querySelector("use").setAttribute("href", on ? "#icon-sound" : "#icon-silent");
  }

  $("play").addEventListener("click", control.toggle);
  $("back").addEventListener("click", () => control.step(-1));
  $("on").addEventListener("click", () => control.step(1));
  $("slider").addEventListener("input", () => control.seek(Number($("slider").value)));
  $("speed").addEventListener("change", () => setSpeed($("speed").value));
  $("loop").addEventListener("click", () => control.setLoop(toggled($("loop"))));
  $("sound").addEventListener("click", () => setSound(toggled($("sound"))));
  $("screen").addEventListener("click", control.toggle);

  const views = [...document.querySelectorAll("[data-view]")];
  for (const button of views) button.addEventListener("click", () => scene && scene.look(button.dataset.view));
  $("follow").setAttribute("aria-pressed", clip.moving !== null);
  $("follow").addEventListener("click", () => scene && scene.setFollowing(toggled($("follow"))));
  $("scene").addEventListener("turned", () => $("hint").classList.add("done"), { once: true });

  // Keys.

  const press = (name) => () => document.querySelector(name).click();
  const keys = {
    " ": control.toggle,
    k: control.toggle,
    ArrowLeft: (shift) => control.step(shift ? -10 : -1),
    ArrowRight: (shift) => control.step(shift ? 10 : 1),
    Home: () => control.seek(0),
    End: () => control.seek(clip.frames - 1),
    "-": () => changeSpeed(-1),
    "+": () => changeSpeed(1),
    q: () => scene && scene.turnBy(-15),
    e: () => scene && scene.turnBy(15),
    r: press("[data-view=start]"),
    f: press("[data-view=front]"),
    s: press("[data-view=side]"),
    t: press("[data-view=top]"),
    c: press("#follow"),
    l: press("#loop"),
    m: () => video && clip.has_sound && $("sound").click(),
    v: () => layer && layer.click(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const on = event.target.closest("button, select, input");
    // What has the focus keeps the keys that work it.
    if (on && on.tagName === "SELECT") return;
    if (on && on.tagName === "BUTTON" && event.key === " " && on.id !== "play") return;
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action(event.shiftKey);
  });
  // A space after a click shall play, not press that button again.
  document.addEventListener("keyup", (event) => {
    if (event.key === " " && event.target.id === "play") event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button && event.detail > 0) button.blur();
  });

  // The video's bytes. A blob can be sought in; where it is refused, the same as a data address.

  function loadVideo() {
    const blob = clip.video();
    let tried = false;
    video.addEventListener("error", () => {
      if (!tried) {
        tried = true;
        video.src = `data:${clip.video_type};base64,${$("video-data").textContent.trim()}`;
        return;
      }
      control.forsakeVideo();
      $("picture-note").textContent = "This browser cannot play the video (H.264).";
      $("picture-note").hidden = false;
    });
    video.src = URL.createObjectURL(blob);
  }

  if (overlay) new ResizeObserver(() => overlay.draw(control.frame)).observe($("drawing"));
  const first = clip.people.some((who) => who.valid[0])
    ? 0
    : Math.min(...clip.people.map((who) => who.valid.indexOf(1)));
  onFrame(0);
  control.seek(first);
  if (video) {
    video.addEventListener("loadedmetadata", () => control.seek(control.frame), { once: true });
    loadVideo();
  }
  onState();
})();
