import { memo } from 'react'
import { Details } from '@/features/inbox/details'
import { Thread } from '@/features/inbox/thread'

type Props = { id: number; back: (() => void) | null; hasDetails: boolean }

/** The open ticket: its thread and, where there is room, its details. */
export const TicketPanes = memo(({ id, back, hasDetails }: Props) => (
  <>
    <Thread key={id} id={id} back={back} />
    {hasDetails && <Details key={`details-${id}`} id={id} />}
  </>
))
TicketPanes.displayName = 'TicketPanes'
