import type { ReactNode } from 'react'

/** One titled part of the details pane. */
export const Section = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className="p-4">
    <h3 className="mb-2.5 text-xs font-semibold text-mute">{title}</h3>
    {children}
  </section>
)
