// What the page shows, unpacked from the JSON that stands in it. See export/html/page.py for its fields.
"use strict";

const clip = (() => {
  const data = JSON.parse(document.getElementById("clip").textContent);

  function bytes(base64) {
    const text = atob(base64);
    const values = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) values[i] = text.charCodeAt(i);
    return values;
  }

  const arrays = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, int32: Int32Array };
  const unpack = (base64, type) => (base64 === null ? null : new arrays[type](bytes(base64).buffer));

  function person(packed) {
    return {
      number: packed.person,
      origin: packed.origin,
      joints: unpack(packed.joints, packed.joints_type),
      valid: unpack(packed.valid, "uint8"),
      scores: unpack(packed.scores, "uint8"),
      uncertainty: unpack(packed.uncertainty, "uint16"),
      keypoints: unpack(packed.keypoints, "int16"),
      contacts: unpack(packed.contacts, "uint8"),
      absent: new Set(packed.absent),
      shown: true,
    };
  }

  const count = data.joints.length;
  const people = data.people.map(person);

  // Place of a joint in metres, scene frame, written into `into` (anything with x, y, z).
  function place(who, frame, joint, into) {
    const at = 3 * (frame * count + joint);
    into.x = who.origin[0] + data.step * who.joints[at];
    into.y = who.origin[1] + data.step * who.joints[at + 1];
    into.z = who.origin[2] + data.step * who.joints[at + 2];
    return into;
  }

  // Metres that a joint is expected to be off, or null.
  function uncertainty(who, frame, joint) {
    return who.uncertainty && data.step * who.uncertainty[frame * count + joint];
  }

  // How strongly a joint is drawn, 0..1: as in the rendered video.
  function strength(who, frame, joint) {
    if (!who.uncertainty) return 1;
    const off = uncertainty(who, frame, joint);
    const share = Math.min(Math.max((off - data.sure) / (data.unsure - data.sure), 0), 1);
    return 1 - (1 - data.faintest) * share * share * (3 - 2 * share);
  }

  // Where the view goes along with a camera that turns; null for a view that stays.
  const moving = data.moving && {
    places: unpack(data.moving.place, "int32"),
    azimuths: unpack(data.moving.azimuth, "int32"),
  };

  const rate = data.fps[0] / data.fps[1];

  return {
    ...data,
    people,
    rate,
    moving: moving && {
      place: (frame, into) => into.set(data.step * moving.places[2 * frame], 0, data.step * moving.places[2 * frame + 1]),
      azimuth: (frame) => data.step * moving.azimuths[frame], // radians
    },
    duration: data.frames / rate,
    place,
    uncertainty,
    strength,
    seen: (frame) => people.filter((who) => who.shown && who.valid[frame]),
    // Browsers tell times in whole microseconds: a thousandth of a frame makes up for it.
    frameAt: (seconds) => Math.min(Math.max(Math.floor(seconds * rate + 1e-3), 0), data.frames - 1),

    // The characters of the people, in their order, as glTF files; none in most pages.
    characters() {
      const texts = document.getElementById("character-data").textContent.trim().split(/\s+/);
      return texts.filter(Boolean).map((text) => bytes(text).buffer);
    },

    // The video as a Blob; decoded in pieces, for it may be large.
    video() {
      const text = document.getElementById("video-data").textContent.trim();
      const parts = [];
      for (let at = 0; at < text.length; at += 1 << 20) parts.push(bytes(text.slice(at, at + (1 << 20))));
      return new Blob(parts, { type: data.video_type });
    },
  };
})();
