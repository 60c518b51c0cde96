import { lazy } from 'react'
import { openBooks } from '@/lib/i18n'

/** Saved replies under a text field, loaded with their texts when the field first has something for them. */
export const SavedReplies = lazy(async () => ({ default: (await Promise.all([import('@/ui/saved-replies'), openBooks('replies')]))[0].SavedReplies }))

/** Whether a text has something for them. */
export const callsReplies = (text: string): boolean => /[/[]/.test(text)
