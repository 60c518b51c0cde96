import { lazy, Suspense, type ComponentProps } from 'react'
import { openBooks } from '@/lib/i18n'
import type { SpamParts as Parts } from '@/ui/spam-parts'

const Loaded = lazy(async () => ({ default: (await Promise.all([import('@/ui/spam-parts'), openBooks('spam')]))[0].SpamParts }))

/** What the spam check found; its many words come with it. */
export const SpamParts = (props: ComponentProps<typeof Parts>) => (
  <Suspense fallback={null}>
    <Loaded {...props} />
  </Suspense>
)
