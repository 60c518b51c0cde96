import { Copy } from 'lucide-react'
import { useT } from '@/lib/i18n'
import { toast, toastFailure } from '@/lib/toast'
import { Button } from '@/ui/button'

/** Copies a text, and says that it did. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const t = useT()
  const copy = () => navigator.clipboard.writeText(text).then(() => toast(t('common.copied')), (error: Error) => toastFailure(error.message))
  return (
    <Button variant="ghost" size="icon" aria-label={label} onClick={() => void copy()}>
      <Copy size={14} aria-hidden />
    </Button>
  )
}
