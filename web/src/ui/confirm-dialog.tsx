import { useT } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'

type Props = { title: string; description: string; submit: string; tone?: 'danger' | 'solid'; onConfirm: () => void; onOpenChange: (open: boolean) => void }

/** Asks once before something that nothing brings back. */
export function ConfirmDialog({ title, description, submit, tone = 'danger', onConfirm, onOpenChange }: Props) {
  const t = useT()
  return (
    <Dialog open onOpenChange={onOpenChange} title={title} description={description}>
      <div className="flex justify-end gap-2">
        <Button size="md" onClick={() => onOpenChange(false)}>{t('common.cancel')}</Button>
        <Button
          size="md"
          variant={tone}
          onClick={() => {
            onOpenChange(false)
            onConfirm()
          }}
        >
          {submit}
        </Button>
      </div>
    </Dialog>
  )
}
