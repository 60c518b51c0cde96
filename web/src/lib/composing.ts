import { createStore } from '@/lib/store'

/** What the composer on screen is asked to begin with: by the palette, for whoever shows a composer. */
export const composing = createStore<{ mode: 'note' | 'call' | 'task' | 'message' } | null>(null)
