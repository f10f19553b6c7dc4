import type { ProductId } from './texts.ts'

// Everything is drawn: flat shapes in the shop's colours, which follow the scheme.
const drawings: Record<ProductId, preact.ComponentChildren> = {
  lm20: (
    <>
      <path class="glow" d="M62 74h76l44 106H18z" />
      <path class="a" d="M76 34h48l16 42H60z" />
      <path class="line" d="M100 76v92M72 170h56" />
      <circle class="hot" cx="100" cy="80" r="7" />
    </>
  ),
  lm05: (
    <>
      <circle class="glow" cx="100" cy="92" r="74" />
      <path class="a" d="M60 96a40 40 0 0 1 80 0v6H60z" />
      <path class="hot" d="M68 102h64l-6 22H74z" />
      <path class="b" d="M76 124h48v38a8 8 0 0 1-8 8H84a8 8 0 0 1-8-8z" />
      <path class="line" d="M78 52a22 22 0 0 1 44 0" />
    </>
  ),
  kt200: (
    <>
      <path class="b" d="M62 78h70l12 82a10 10 0 0 1-10 10H62a10 10 0 0 1-10-10z" />
      <path class="a" d="M66 78c2-16 14-24 31-24s29 8 31 24z" />
      <path class="line" d="M132 92c26-4 34 12 30 32-3 14-9 22-18 26M97 54v-10M62 96 36 78" />
      <path class="line thin" d="M84 30c-6-8 6-10 0-18M108 30c-6-8 6-10 0-18" />
      <circle class="hot" cx="98" cy="150" r="6" />
    </>
  ),
  hp30: (
    <>
      <path class="line thick" d="M44 116V98a56 56 0 0 1 112 0v18" />
      <rect class="a" x="32" y="104" width="32" height="58" rx="15" />
      <rect class="a" x="136" y="104" width="32" height="58" rx="15" />
      <rect class="b" x="52" y="110" width="16" height="46" rx="8" />
      <rect class="b" x="132" y="110" width="16" height="46" rx="8" />
    </>
  ),
  th01: (
    <>
      <rect class="b" x="48" y="44" width="104" height="112" rx="26" />
      <rect class="screen" x="62" y="60" width="76" height="58" rx="12" />
      <text x="100" y="96" text-anchor="middle" class="digits">23.4°</text>
      <path class="line thin" d="M72 136h34" />
      <circle class="hot" cx="126" cy="136" r="5" />
    </>
  ),
  throw: (
    <>
      <path class="b" d="M30 66c24-14 46-14 70 0s46 14 70 0v70c-24 14-46 14-70 0s-46-14-70 0z" />
      <path class="a" d="M30 86c24-14 46-14 70 0s46 14 70 0v20c-24 14-46 14-70 0s-46-14-70 0z" />
      <path class="line thin" d="M36 142v16m12-20v16m12-18v16m12-14v16m12-12v16m32-10v16m12-14v16m12-16v16m12-16v16m12-20v16m12-24v16" />
    </>
  ),
}

export const Drawing = ({ of }: { of: ProductId }) => <svg class="drawing" viewBox="0 0 200 200" aria-hidden="true">{drawings[of]}</svg>

/** A room at dusk, lit by the shop's lamps. */
export const Room = () => (
  <svg class="room" viewBox="0 0 620 460" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
    <rect class="wall" width="620" height="460" />
    <path class="floor" d="M0 372h620v88H0z" />
    <rect class="frame" x="62" y="62" width="150" height="186" rx="75" />
    <path class="night" d="M70 248V137a67 67 0 0 1 134 0v111z" />
    <circle class="moon" cx="158" cy="124" r="19" />
    <path class="hills" d="M70 248v-36c24-18 46-12 66 4s46 10 68-8v40z" />
    <path class="beam" d="M432 142 330 392h252L496 142z" />
    <path class="shade" d="M430 78h68l26 66H404z" />
    <path class="post" d="M464 144v236M428 384h72" />
    <path class="sofa" d="M222 300a26 26 0 0 1 26-26h108a26 26 0 0 1 26 26v36H222z" />
    <rect class="sofa dark" x="198" y="312" width="34" height="68" rx="16" />
    <rect class="sofa dark" x="372" y="312" width="34" height="68" rx="16" />
    <rect class="sofa" x="222" y="332" width="160" height="46" rx="8" />
    <path class="linen" d="M258 268h58l10 82c-14 8-24-4-38 2s-24 4-34-2z" />
    <path class="linen stripe" d="M257 292h62l2 16h-66z" />
    <path class="post" d="M536 384v-44M512 340h50" />
    <path class="cup" d="M524 316h24v14a10 10 0 0 1-10 10h-4a10 10 0 0 1-10-10z" />
    <path class="steam" d="M531 308c-4-7 4-8 0-15M541 308c-4-7 4-8 0-15" />
  </svg>
)
