import type { ReactNode } from 'react'
import { useT } from '@/lib/i18n'
import { Problem } from '@/lib/api/problem'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { FormError } from '@/ui/states'

type Props = {
  title: string
  description?: string
  /** What the button says that sends it. */
  submit: string
  /** Why it was refused; said here unless it is about fields, which say it themselves. */
  error: Error | null
  isPending: boolean
  onSubmit: () => void
  onOpenChange: (open: boolean) => void
  /** What else can be done, at the other end of the buttons. */
  aside?: ReactNode
  children: ReactNode
}

/** A dialog that asks for what a thing needs, and makes or changes it. */
export function FormDialog({ title, description, submit, error, isPending, onSubmit, onOpenChange, aside, children }: Props) {
  const t = useT()
  const isAboutFields = error instanceof Problem && error.fields.length > 0
  return (
    <Dialog open onOpenChange={onOpenChange} title={title} description={description}>
      <form
        className="space-y-3.5"
        onSubmit={event => {
          event.preventDefault()
          onSubmit()
        }}
      >
        {error && !isAboutFields && <FormError>{error.message}</FormError>}
        {children}
        <div className="flex flex-wrap justify-end gap-2 pt-1">
          {aside && <div className="mr-auto flex gap-2">{aside}</div>}
          <Button size="md" onClick={() => onOpenChange(false)}>{t('common.cancel')}</Button>
          <Button size="md" variant="solid" type="submit" disabled={isPending}>{submit}</Button>
        </div>
      </form>
    </Dialog>
  )
}
