import { useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { CopyButton } from '@/ui/copy-button'
import { Dialog } from '@/ui/dialog'
import { Input } from '@/ui/field'

type Props = {
  title: string
  description: string
  /** What it is: the name of the field. */
  label: string
  /** Without one, the dialog only says what happened. */
  secret: string | null
  onOpenChange: (open: boolean) => void
}

/** Shows what the server tells only once: to be copied, and gone with the dialog. A slip of the mouse does not close it. */
export function SecretOnce({ title, description, label, secret, onOpenChange }: Props) {
  const t = useT()
  return (
    <Dialog open onOpenChange={onOpenChange} title={title} description={description} stays={secret !== null}>
      {secret !== null && (
        <div className="flex items-center gap-2">
          <Input aria-label={label} readOnly value={secret} onFocus={event => event.currentTarget.select()} className="font-mono text-xs" />
          <CopyButton text={secret} label={t('common.copy')} />
        </div>
      )}
      <div className="mt-4 flex justify-end">
        <Button size="md" onClick={() => onOpenChange(false)}>{t('common.close')}</Button>
      </div>
    </Dialog>
  )
}
