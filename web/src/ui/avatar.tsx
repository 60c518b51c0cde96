const hue = (name: string) => [...name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0) * 7, 0) % 360

const initials = (name: string) => {
  const words = name.trim().split(/\s+/).filter(Boolean)
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return ends.map(word => [...(word ?? '?')][0]?.toUpperCase()).join('')
}

/** Decoration: the name always stands beside it. */
export const Avatar = ({ name, size = 32 }: { name: string; size?: number }) => (
  <span
    aria-hidden
    data-initials={initials(name)}
    className="inline-grid shrink-0 before:content-[attr(data-initials)] place-items-center rounded-full font-semibold text-white select-none"
    style={{ width: size, height: size, fontSize: size * 0.38, background: `oklch(0.5 0.1 ${hue(name)})` }}
  />
)
