// Which frame is shown: the video's, or, without a video, that of a clock of our own.
"use strict";

function player(video, onFrame, onState) {
  let frame = 0;
  let speed = 1;
  let loop = true;
  let playing = false; // by our own clock; with a video, the video says
  let started = { moment: 0, seconds: 0 };
  let seeking = false; // by us; a video that repeats seeks too, and is followed
  let wanted = null; // the frame to seek to once the seek under way is done

  const isPlaying = () => (video ? !video.paused && !video.ended : playing);
  const middle = (index) => (index + 0.5) / clip.rate; // no rounding takes it to a neighbour

  function show(index) {
    if (index === frame) return;
    frame = index;
    onFrame(frame);
  }

  // With a video: its picture leads. Where browsers tell which picture is on the screen, that one.

  function watch() {
    if ("requestVideoFrameCallback" in video) {
      const presented = (_, picture) => {
        follow(picture.mediaTime);
        if (video) video.requestVideoFrameCallback(presented);
      };
      video.requestVideoFrameCallback(presented);
    } else {
      const tick = () => {
        if (!video) return;
        follow(video.currentTime);
        requestAnimationFrame(tick);
      };
      tick();
    }
    video.addEventListener("seeked", () => {
      seeking = false;
      if (wanted !== null) go(wanted);
      wanted = null;
    });
    video.addEventListener("ended", () => show(clip.frames - 1));
    video.addEventListener("pause", () => {
      if (video && !seeking && !video.ended) seek(clip.frameAt(video.currentTime));
    });
    for (const event of ["play", "pause", "ended"]) video.addEventListener(event, onState);
  }

  function follow(seconds) {
    if (video && !video.paused && !seeking) show(clip.frameAt(seconds));
  }

  function go(index) {
    if (video.readyState === 0) return; // too early; the page seeks once it can
    seeking = true;
    video.currentTime = middle(index);
  }

  // Without a video.

  function tick(now) {
    if (!playing) return;
    let seconds = started.seconds + (Math.max(now - started.moment, 0) / 1000) * speed;
    if (seconds >= clip.duration) {
      if (!loop) {
        show(clip.frames - 1);
        pause();
        return;
      }
      seconds %= clip.duration;
      started = { moment: now, seconds };
    }
    show(clip.frameAt(seconds));
    requestAnimationFrame(tick);
  }

  function restart(seconds) {
    started = { moment: performance.now(), seconds };
  }

  // Both.

  function play() {
    if (isPlaying()) return;
    const over = frame >= clip.frames - 1;
    if (video) {
      if (over) video.currentTime = 0;
      const begun = video.play();
      if (begun) begun.catch(onState);
      return;
    }
    playing = true;
    restart(over ? 0 : frame / clip.rate);
    requestAnimationFrame(tick);
    onState();
  }

  function pause() {
    if (video) {
      video.pause();
      return;
    }
    playing = false;
    onState();
  }

  function seek(index) {
    index = Math.min(Math.max(Math.round(index), 0), clip.frames - 1);
    if (video) {
      // One seek at a time: while a slider is dragged, what lies between is left out.
      if (seeking) wanted = index;
      else go(index);
    } else {
      restart(index / clip.rate);
    }
    show(index);
  }

  function setSpeed(value) {
    if (video) video.playbackRate = video.defaultPlaybackRate = value;
    if (playing) restart(frame / clip.rate);
    speed = value;
  }

  function setLoop(on) {
    loop = on;
    if (video) video.loop = on;
  }

  if (video) watch();
  setLoop(true);

  return {
    play, pause, seek, setSpeed, setLoop, isPlaying,
    toggle: () => (isPlaying() ? pause() : play()),
    step(count) {
      pause();
      seek(frame + count);
    },
    // The browser cannot play the video after all: go on by our own clock.
    forsakeVideo() {
      video = null;
      onState();
    },
    get frame() { return frame; },
  };
}
