const line = { fill: 'none', stroke: 'currentColor', 'stroke-width': 1.8, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', viewBox: '0 0 24 24', 'aria-hidden': true } as const

export const CloseIcon = () => <svg {...line}><path d="m6 6 12 12M18 6 6 18" /></svg>
export const SendIcon = () => <svg {...line}><path d="M12 19V5m-6 6 6-6 6 6" /></svg>
export const PersonIcon = () => <svg {...line}><circle cx="12" cy="8" r="3.6" /><path d="M5 19.5c.8-3.4 3.6-5 7-5s6.2 1.6 7 5" /></svg>
export const PageIcon = () => <svg {...line}><path d="M7 3.500h7l4 4v13H7zM14 3.500v4h4M10 12h5m-5 3.500h5" /></svg>
export const ThumbIcon = ({ down }: { down?: boolean }) => <svg {...line} style={down ? 'transform:scaleY(-1)' : undefined}><path d="M7 11v9H4v-9zh2.500L13 4c1.600 0 2.300 1.200 2 2.500L14.300 10H19c1 0 1.700.9 1.500 1.900l-1.300 6.500c-.2.900-1 1.600-2 1.600H7" /></svg>
export const TrashIcon = () => <svg {...line}><path d="M5 7h14M9.500 7V4.500h5V7M7 7l.8 12.500h8.400L17 7" /></svg>
const BellIcon = () => <svg {...line}><path d="M12 6.200a6.3 6.3 0 0 1 6.3 6.300v2.300H5.700v-2.300A6.3 6.3 0 0 1 12 6.200Zm0 0V4.600m-1.6 0h3.200M4.4 18h15.2" /></svg>

/** The round mark of who speaks: the bell is the bot, letters are a person. */
export function Avatar({ kind, name }: { kind: 'bot' | 'agent', name?: string }) {
  return <span class={`avatar ${kind}`} aria-hidden="true">{kind === 'bot' ? <BellIcon /> : name ? initials(name) : <PersonIcon />}</span>
}

function initials(name: string): string {
  if (/^[\u3400-\u9fff·]+$/.test(name)) return name.slice(-2)
  return name.split(/\s+/).filter(part => /^\p{L}/u.test(part)).slice(0, 2).map(part => part[0]!.toUpperCase()).filter((letter, i) => i === 0 || /[A-Z]/.test(letter)).join('')
}
