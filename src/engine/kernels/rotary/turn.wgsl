// Which dims turn together, and by sine and cosine of large angles: for rotary.wgsl and its pullback.
struct Pair {
  index: u32,
  partner: u32,
  isSecond: bool,
}

// Of a dim below rotaryDims: its pair, the other dim of it, and whether it is the pair's second.
fn pairOf(d: u32) -> Pair {
  if (params.interleaved != 0) {
    return Pair(d / 2, d ^ 1, (d & 1) == 1);
  }
  let pairs = params.rotaryDims / 2;
  let isSecond = d >= pairs;
  return Pair(d % pairs, select(d + pairs, d - pairs, isSecond), isSecond);
}

// (cos, sin) to about 1e-7 for 0 <= angle < 1e5. The angle is reduced to [-pi/4, pi/4] by taking off quarter
// turns in three parts, the first with so few bits that its multiples are exact (Cody & Waite 1980); what is
// left goes through the Taylor series, long enough for f32.
fn turn(angle: f32) -> vec2f {
  let quarters = round(angle * 0.63661977);
  let r = ((angle - quarters * 1.5703125) - quarters * 4.8375129e-4) - quarters * 7.5497901e-8;
  let z = r * r;
  let c = 1.0 + z * (-0.5 + z * (1.0 / 24.0 + z * (-1.0 / 720.0 + z * (1.0 / 40320.0))));
  let s = r * (1.0 + z * (-1.0 / 6.0 + z * (1.0 / 120.0 + z * (-1.0 / 5040.0 + z * (1.0 / 362880.0)))));
  let quadrant = u32(quarters) & 3u;
  let turned = select(vec2f(c, s), vec2f(-s, c), (quadrant & 1u) == 1u);
  return select(turned, -turned, quadrant >= 2u);
}
