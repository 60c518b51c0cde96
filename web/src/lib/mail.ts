import { sendMessage } from '@/lib/api/tickets'
import { uploadFile } from '@/lib/api/upload'
import { Outbox } from '@/lib/outbox'
import { Uploads } from '@/lib/uploads'

/** The files of this tab that are on their way. */
export const uploads = new Uploads(uploadFile)
uploads.restore()

/** The outbox of this tab: a message leaves when its files are there. */
export const outbox = new Outbox(sendMessage, files => Promise.all(files.map(async file => ({ id: await uploads.settle(file.upload) }))))
outbox.restore()
