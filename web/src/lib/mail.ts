import { sendMessage } from '@/lib/api/tickets'
import { Outbox } from '@/lib/outbox'

/** The outbox of this tab. */
export const outbox = new Outbox(sendMessage)
outbox.restore()
